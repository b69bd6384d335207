"""The classroom: assignments from the book's own sources, collecting, and marking.

``notebooks`` writes what is handed out; ``key`` the answers, under an instructor's seed, into a folder
outside the repository; ``mark`` runs what is handed in, each submission in a process of its own
(``worker``, behind the walls of ``sandbox``), which sees questions (``questions``) and no answers.
"""


class AssignmentError(Exception):
    """Something an instructor can mend; the message is one line."""
