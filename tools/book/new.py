"""Begin a chapter: its source from the template, its checkers, their tests, its place in the book."""

import re
from pathlib import Path

from tools.book import ROOT, BookError
from tools.book.source import accept, read

TEMPLATE = Path(__file__).parent / "template"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
# Where each file of the template goes.
PLACES = {
    "chapter.md": "book/src/{}.md",
    "exercises.py.template": "tinyaudio/exercises/{}.py",
    "test_exercises.py.template": "tests/exercises/test_{}.py",
}
NEXT = """\
A chapter that runs as it is.  Next:
  1. write book/src/{name}.md: Korean first, then the English under it; delete the template's text
  2. python -m tools.book accept {name}     marks the English as a translation of the Korean
  3. python -m tools.book make {name}       executes it and writes both notebooks
  4. python -m tools.book check             finds what does not fit
  5. write the checkers in tinyaudio/exercises/{name}.py, with four typical mistakes or more for each,
     and right answers in tests/exercises/test_{name}.py; python -m pytest tests/exercises proves them
  6. a new part of the book has its caption in _toc.yml, and in English in book/english.yml
CONTRIBUTING.md, "Writing a chapter", has the rules and the budgets."""


def begin(name: str, number: int, title_ko: str, title_en: str) -> list[str]:
    """Write the files of a new chapter and enter it in the table of contents.

    Args:
        name: Of the files; also the page's address.
        number: Of the chapter; decides where it stands.
        title_ko: Korean title, without the number.
        title_en: English title, without the number.

    Returns:
        The paths of what was written or changed, in the project.

    Raises:
        BookError: The name or the number is taken or cannot be one; nothing was written.
    """
    if not NAME.fullmatch(name):
        raise BookError(f"{name!r} cannot be a chapter's name; use lower_case_words")
    if number < 1:
        raise BookError(f"{number} cannot be a chapter's number; count from 1")
    for language, title in (("ko", title_ko), ("en", title_en)):
        if not title.strip() or "\n" in title:
            raise BookError(f"--title-{language}: give a title of one line")
    chapters = {
        path.stem: read(path).number for path in sorted((ROOT / "book" / "src").glob("*.md"))
    }
    taken = {number: name for name, number in chapters.items()}
    if number in taken:
        raise BookError(f"number {number} is taken by book/src/{taken[number]}.md; choose another")
    files = {one: ROOT / place.format(name) for one, place in PLACES.items()}
    for path in files.values():
        if path.exists():
            raise BookError(f"{path.relative_to(ROOT)}: exists; choose another name")
    if (ROOT / "book" / "ko" / f"{name}.ipynb").exists():
        raise BookError(f"book/ko/{name}.ipynb: exists without a source; choose another name")
    toc = ROOT / "_toc.yml"
    entered = with_entry(toc.read_text(encoding="utf-8"), name, number, chapters)
    words = {
        "CHAPTER_NAME": name,
        "CHAPTER_NUMBER": str(number),
        "TITLE_KO": title_ko.strip(),
        "TITLE_EN": title_en.strip(),
    }
    for one, path in files.items():
        text = (TEMPLATE / one).read_text(encoding="utf-8")
        # In one go, so that a title may hold any of the words.
        text = re.sub("|".join(words), lambda found: words[found[0]], text)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    accept(files["chapter.md"])  # the template's own translation
    toc.write_text(entered, encoding="utf-8")
    return [str(path.relative_to(ROOT)) for path in (*files.values(), toc)]


def with_entry(toc: str, name: str, number: int, chapters: dict[str, int]) -> str:
    """The table of contents with one line more, after the chapter before; all else as it was.

    Raises:
        BookError: It holds no chapter to stand after.
    """
    lines = toc.split("\n")
    entry = re.compile(r"( *)- file: book/ko/(\w+)\s*(#.*)?")
    places = {
        chapters[match[2]]: i
        for i, line in enumerate(lines)
        if (match := entry.fullmatch(line)) and chapters.get(match[2])
    }
    if not places:
        raise BookError("_toc.yml: lists no numbered chapter; enter one by hand, then try again")
    before = [one for one in places if one < number]
    at = places[max(before)] if before else places[min(places)]
    indent = entry.fullmatch(lines[at])[1]  # type: ignore[index]
    lines.insert(at + 1 if before else at, f"{indent}- file: book/ko/{name}")
    return "\n".join(lines)
