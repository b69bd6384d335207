"""The works of ``book/references.bib``: how each is cited, listed and found."""

import functools
import re

from pybtex.backends.markdown import Backend
from pybtex.database import Entry, Person, PybtexError, parse_string
from pybtex.style.formatting.plain import Style

from tools.book import ROOT, BookError


def works() -> dict[str, Entry]:
    """The works by key.

    Raises:
        BookError: The file is not BibTeX.
    """
    return read_works(bibtex())


def cited_as() -> dict[str, str]:
    """How each of the works is cited, by key."""
    return read_labels(bibtex())


def bibtex() -> str:
    """The file's text."""
    return (ROOT / "book" / "references.bib").read_text(encoding="utf-8")


@functools.cache
def read_works(text: str) -> dict[str, Entry]:
    """The works in a BibTeX text."""
    try:
        return dict(parse_string(text, "bibtex").entries)
    except PybtexError as error:
        raise BookError(f"book/references.bib: {error}; mend it") from None


@functools.cache
def read_labels(text: str) -> dict[str, str]:
    """How each work of a BibTeX text is cited."""
    return labels(read_works(text))


def surname(person: Person) -> str:
    """The name that a work is cited by.

    Example:
        >>> surname(Person("van den Oord, Aäron"))
        'van den Oord'
    """
    return plain(" ".join(person.prelast_names + person.last_names))


def plain(text: str) -> str:
    """BibTeX's text without braces and with real dashes."""
    return re.sub(r"[{}]", "", text).replace("--", "–")


def name_and_year(entry: Entry) -> str:
    """``Griffin & Lim 1984``; from three authors on, ``Stevens et al. 1937``."""
    names = [surname(person) for person in entry.persons["author"]]
    authors = " & ".join(names) if len(names) < 3 else f"{names[0]} et al."
    return f"{authors} {entry.fields['year']}"


def labels(entries: dict[str, Entry]) -> dict[str, str]:
    """How each work is cited; works of the same authors and year get a, b, c by title."""
    keys_by_label: dict[str, list[str]] = {}
    for key, entry in entries.items():
        keys_by_label.setdefault(name_and_year(entry), []).append(key)
    made = {}
    for label, keys in keys_by_label.items():
        keys.sort(key=lambda key: plain(entries[key].fields["title"]).casefold())
        for letter, key in zip("abcdefgh", keys, strict=False):
            made[key] = label + (letter if len(keys) > 1 else "")
    return made


def formatted(entry: Entry) -> str:
    """An entry of the bibliography in Markdown, as pybtex's plain style has it."""
    text = style().format_entry("", entry).text
    return " ".join(text.render(Backend()).split())


@functools.lru_cache(maxsize=1)
def style() -> Style:
    """Pybtex's plain style, which it looks for among the installed packages."""
    return Style(name_style="lastfirst", abbreviate_names=True)


def address(entry: Entry) -> str:
    """Where a work is found: its DOI if it has one."""
    doi = entry.fields.get("doi")
    # Parentheses would end a Markdown link.
    link = f"https://doi.org/{doi}" if doi else str(entry.fields.get("url", ""))
    return link.replace("(", "%28").replace(")", "%29")
