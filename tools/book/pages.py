"""The appendices that are made from files and chapters: corrections, glossary, bibliography, runs.

Others are written: ``book/appendices/NAME.md`` has blocks in both languages, like a chapter's source, and no
code.
"""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tools.book import LANGUAGES, ROOT
from tools.book.citations import cited_as, formatted, works
from tools.book.colab_status import status_text
from tools.book.corrections import corrections_text
from tools.book.edition import equation_numbers, markdown
from tools.book.paper_runs import paper_runs_text
from tools.book.references import Term, glossary, uses
from tools.book.run import write_changed
from tools.book.source import Chapter, read, short_hash

# The consonants that Korean dictionaries sort by; double ones stand with the single.
INITIALS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"
NAMES = ("paper_runs", "corrections", "glossary", "bibliography", "colab_status")
WORDS = {
    "ko": {
        "glossary": "용어집",
        "about glossary": "이 책이 쓰는 말과 그 뜻입니다. 괄호 안은 영어이고, 링크는 그 말을 쓰는 장입니다.",
        "bibliography": "참고문헌",
        "about bibliography": "이 책이 기대고 있는 글입니다. 끝의 링크는 그 글을 인용하는 장입니다.",
        "chapter": "{}장",
    },
    "en": {
        "glossary": "Glossary",
        "about glossary": "The words of this book and what they mean, with the Korean in parentheses. "
        "The links after a word lead to the chapters that use it.",
        "bibliography": "Bibliography",
        "about bibliography": "The works that this book rests on. "
        "The links after a work lead to the chapters that cite it.",
        "chapter": "chapter {}",
    },
}


def written() -> list[Path]:
    """The sources of the appendices that are written."""
    return sorted((ROOT / "book" / "appendices").glob("*.md"))


def pages(chapters: list[Chapter]) -> dict[Path, str]:
    """The text of every appendix of both editions, by path."""
    made = {}
    for language in LANGUAGES:
        used: dict[str, list[Chapter]] = {}
        for chapter in sorted(chapters, key=lambda chapter: chapter.number):
            for name in dict.fromkeys(use.id for use in uses(chapter, language)):
                used.setdefault(name, []).append(chapter)
        texts = {
            "paper_runs": paper_runs_text(language),
            "corrections": corrections_text(language, chapters),
            "glossary": glossary_text(language, used),
            "bibliography": bibliography_text(language, used),
            "colab_status": status_text(language, chapters),
        }
        for path in written():
            texts[path.stem] = written_text(read(path), language)
        for name, blocks in texts.items():
            made[page_path(language, name)] = nbformat.writes(page(blocks)) + "\n"
    return made


def written_text(appendix: Chapter, language: str) -> list[str]:
    """The blocks of a written appendix in one language."""
    numbers = equation_numbers(appendix)
    return [
        markdown(appendix, cell, numbers)
        for cell in appendix.cells
        if cell.language in (None, language)
    ]


def page_path(language: str, name: str) -> Path:
    """Where the notebook of a page lies."""
    return ROOT / "book" / language / f"{name}.ipynb"


def write_pages(chapters: list[Chapter]) -> None:
    """Write the appendices whose text differs."""
    write_changed(pages(chapters))


def stale_pages(chapters: list[Chapter]) -> list[str]:
    """A problem for each stored appendix whose text differs."""
    return [
        f"book/{path.parent.name}/{path.name}: is not what its entries and the chapters say; "
        "run python -m tools.book make"
        for path, text in pages(chapters).items()
        if not path.exists() or path.read_text(encoding="utf-8", errors="replace") != text
    ]


def page(blocks: list[str]) -> NotebookNode:
    """A notebook of text."""
    cells = [nbformat.v4.new_markdown_cell(block, id=short_hash(block)) for block in blocks]
    notebook = nbformat.v4.new_notebook(cells=cells)
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": kernel, "language_info": {"name": "python"}}
    )
    return notebook


def glossary_text(language: str, used: dict[str, list[Chapter]]) -> list[str]:
    """The glossary's blocks: a heading for each letter, a paragraph for each term."""
    words, other = WORDS[language], "en" if language == "ko" else "ko"
    letters: dict[str, list[str]] = {}
    for term in sorted(glossary().values(), key=lambda term: sort_key(term.word(language))):
        about = term.about_ko if language == "ko" else term.about_en
        also = ", ".join([term.word(other)] + [term.short] * bool(term.short))
        text = f'<a id="{term.id}"></a>**{term.word(language)}** ({also}){links(term.id, used, language)}'
        letters.setdefault(initial(term, language), []).append(f"{text}  \n{about}")
    head = f"# {words['glossary']}\n\n{words['about glossary']}"
    return [head] + [f"## {letter}\n\n" + "\n\n".join(texts) for letter, texts in letters.items()]


def sort_key(word: str) -> tuple[bool, str]:
    """Hangul before Latin, as in a Korean dictionary; case does not matter."""
    return (not re.match("[가-힣]", word), word.casefold())


def initial(term: Term, language: str) -> str:
    """The letter that a term stands under.

    Example:
        >>> mel = Term("mel-scale", "멜 척도", "mel scale", "", "")
        >>> initial(mel, "ko"), initial(mel, "en")
        ('ㅁ', 'M')
    """
    letter = term.word(language)[0].upper()
    # In Unicode 588 syllables begin with each consonant.
    return INITIALS[(ord(letter) - ord("가")) // 588] if "가" <= letter <= "힣" else letter


def bibliography_text(language: str, used: dict[str, list[Chapter]]) -> list[str]:
    """The bibliography's blocks: a heading and a list."""
    words, entries = WORDS[language], works()
    shown_as = cited_as()
    rows = [
        f'<a id="{key}"></a>**{shown_as[key]}.** {formatted(entry)}{links(key, used, language)}'
        for key, entry in sorted(entries.items(), key=lambda one: shown_as[one[0]].casefold())
    ]
    return [f"# {words['bibliography']}\n\n{words['about bibliography']}", "\n\n".join(rows)]


def links(name: str, used: dict[str, list[Chapter]], language: str) -> str:
    """Links to the chapters that use a term or a work."""
    return "".join(
        f" · [{WORDS[language]['chapter'].format(one.number)}]({one.name}.ipynb)"
        for one in used.get(name, [])
    )
