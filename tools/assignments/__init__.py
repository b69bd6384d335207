"""The classroom: assignments from the book's own sources, collecting, and marking.

``notebooks`` writes what is handed out (``tasks``); ``key`` the answers, under an instructor's seed, into a
folder outside the repository.  ``mark`` reads what is handed in (``submissions``) and runs each notebook
(``running``) in a process of its own (``worker``, ``cells``), behind the walls of ``sandbox``, which sees
questions (``questions``) and no answers.  ``otter`` lets Otter-Grader make its own of the same notebooks;
``hidden`` is what its autograder asks.
"""


class AssignmentError(Exception):
    """Something an instructor can mend; the message is one line."""
