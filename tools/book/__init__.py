"""The book's machinery: one bilingual source a chapter, executed once, two notebooks, one site.

    book/src/chapter.md  --run-->  book/ko/chapter.ipynb  --site-->  _build/html/
                                   book/en/chapter.ipynb             _build/html/en/

A chapter's way: ``source`` reads it, ``edition`` makes a language of it (with ``references`` and
``citations`` for terms and works), ``run`` executes it and records what its outputs were made from and,
with ``measured``, what it took.  ``pages`` makes the appendices (``corrections`` one of them), ``check``
finds what no longer fits (``terms``: other words than the glossary's), ``site`` builds the pages.
``slides`` makes a deck of a notebook (with ``key_sentences``), ``pdf`` prints the site (with ``printed``),
``colab_status`` tells which notebooks ran with Colab's packages.
Beside it: ``new`` begins a chapter from ``template``, ``student`` leaves the solutions out, and
``exercises`` finds exercises and planted answers for the tests.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "book" / "src"
LANGUAGES = ("ko", "en")


class BookError(Exception):
    """Something a writer can mend; the message names file, line and remedy."""
