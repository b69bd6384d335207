"""The appendices that are made: corrections, glossary and bibliography, from their files and the chapters."""

import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from pybtex.database import Entry, Person

from tools.book import LANGUAGES, ROOT
from tools.book.citations import address, labels, plain, surname, works
from tools.book.corrections import corrections_text
from tools.book.references import Term, glossary, uses
from tools.book.run import write_changed
from tools.book.source import Chapter, short_hash

# The consonants that Korean dictionaries sort by; double ones stand with the single.
INITIALS = "ㄱㄱㄴㄷㄷㄹㅁㅂㅂㅅㅅㅇㅈㅈㅊㅋㅌㅍㅎ"
NAMES = ("corrections", "glossary", "bibliography")
WORDS = {
    "ko": {
        "glossary": "용어집",
        "about glossary": "이 책이 쓰는 말과 그 뜻입니다. 괄호 안은 영어이고, 링크는 그 말을 쓰는 장입니다.",
        "bibliography": "참고 문헌",
        "about bibliography": "이 책이 기대고 있는 글입니다. 끝의 링크는 그 글을 인용하는 장입니다.",
        "chapter": "{}장",
        "others": "외",
    },
    "en": {
        "glossary": "Glossary",
        "about glossary": "The words of this book and what they mean, with the Korean in parentheses. "
        "The links after a word lead to the chapters that use it.",
        "bibliography": "Bibliography",
        "about bibliography": "The works that this book rests on. "
        "The links after a work lead to the chapters that cite it.",
        "chapter": "chapter {}",
        "others": "and others",
    },
}


def pages(chapters: list[Chapter]) -> dict[Path, str]:
    """What the pages of both editions have to be, by path."""
    made = {}
    for language in LANGUAGES:
        used: dict[str, list[Chapter]] = {}
        for chapter in sorted(chapters, key=lambda chapter: chapter.number):
            for name in dict.fromkeys(use.id for use in uses(chapter, language)):
                used.setdefault(name, []).append(chapter)
        texts = {
            "corrections": corrections_text(language, chapters),
            "glossary": glossary_text(language, used),
            "bibliography": bibliography_text(language, used),
        }
        for name, blocks in texts.items():
            made[page_path(language, name)] = nbformat.writes(page(blocks)) + "\n"
    return made


def page_path(language: str, name: str) -> Path:
    """Where the notebook of a page lies."""
    return ROOT / "book" / language / f"{name}.ipynb"


def write_pages(chapters: list[Chapter]) -> None:
    """Write the pages that are not as they have to be."""
    write_changed(pages(chapters))


def stale_pages(chapters: list[Chapter]) -> list[str]:
    """A problem for each page that is not as it has to be."""
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
    shown_as = labels(entries)
    rows = [
        f'<a id="{key}"></a>{authors(entry, words["others"])} ({entry.fields["year"]}'
        f"{shown_as[key].rsplit(entry.fields['year'], 1)[1]}). {plain(entry.fields['title'])}."
        f"{venue(entry)} [{entry.fields.get('doi') or address(entry)}]({address(entry)})"
        f"{links(key, used, language)}"
        for key, entry in sorted(entries.items(), key=lambda one: shown_as[one[0]].casefold())
    ]
    return [f"# {words['bibliography']}\n\n{words['about bibliography']}", "\n\n".join(rows)]


def authors(entry: Entry, others: str) -> str:
    """All authors, with initials: ``van den Oord, A., Vinyals, O., Kavukcuoglu, K.``."""
    people: list[Person] = entry.persons["author"]
    return ", ".join(others if surname(one) == "others" else with_initials(one) for one in people)


def with_initials(person: Person) -> str:
    """A name as a bibliography has it.

    Example:
        >>> with_initials(Person("Hasegawa-Johnson, Mark A."))
        'Hasegawa-Johnson, M. A.'
    """
    short = " ".join(f"{name[0]}." for name in person.first_names + person.middle_names)
    return ", ".join(filter(None, [surname(person), short, " ".join(person.lineage_names)]))


def venue(entry: Entry) -> str:
    """Where a work appeared, if it says so."""
    fields = entry.fields
    kinds = ("journal", "booktitle", "publisher", "institution")
    place = next((plain(fields[kind]) for kind in kinds if kind in fields), "")
    if not place:
        return ""
    volume = f" {fields['volume']}" if "volume" in fields else ""
    number = f"({fields['number']})" if "number" in fields else ""
    pages = f", {plain(fields['pages'])}" if "pages" in fields else ""
    return f" *{place}*{volume}{number}{pages}."


def links(name: str, used: dict[str, list[Chapter]], language: str) -> str:
    """Links to the chapters that use a term or a work."""
    return "".join(
        f" · [{WORDS[language]['chapter'].format(one.number)}]({one.name}.ipynb)"
        for one in used.get(name, [])
    )
