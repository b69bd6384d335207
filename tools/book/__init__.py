"""The book's machinery: one bilingual source a chapter, executed once, two notebooks, one site.

    book/src/chapter.md  --run-->  book/ko/chapter.ipynb  --site-->  _build/html/
                                   book/en/chapter.ipynb             _build/html/en/

``source`` reads a source, ``edition`` makes a language of it, ``run`` executes it and records what
its outputs were made from, ``check`` finds what no longer fits, ``site`` builds the pages.
"""

from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "book" / "src"
LANGUAGES = ("ko", "en")


class BookError(Exception):
    """Something a writer can mend; the message names file, line and remedy."""
