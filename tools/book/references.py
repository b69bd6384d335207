r"""Terms and citations: roles in the source become plain links in both editions.

``{term}`mel-scale``` leads to the glossary page; the first one of a chapter is bold, and Korean text
gives the English word after it.  ``{cite}`shannon1949``` leads to the work itself.  The terms are
those of ``book/glossary.toml``, the works those of ``book/references.bib``.
"""

import difflib
import functools
import re
import tomllib
from dataclasses import dataclass

from tools.book import ROOT, BookError
from tools.book.citations import address, bibtex, cited_as, read_works, works
from tools.book.source import Cell, Chapter, where

# A role, or an example in code that only looks like one.
ROLE = re.compile(r"(?s)```.*?```|``.*?``|\{(?P<role>term|cite)\}`(?P<text>[^`\n]+)`")
# Written by hand at a first use: **멜 척도**(mel scale); an abbreviation may follow a comma.
PAIR = re.compile(r"\*\*(?P<ko>[^*\n]*[가-힣][^*\n]*)\*\*\((?P<en>[A-Za-z][^(),\[\]\n]*)[^)\n]*\)")


@dataclass(frozen=True)
class Term:
    """One entry of the glossary."""

    id: str
    ko: str
    en: str
    about_ko: str
    about_en: str
    short: str = ""  # an abbreviation that both languages use
    not_ko: tuple[str, ...] = ()  # what the book does not call it
    not_en: tuple[str, ...] = ()

    def word(self, language: str) -> str:
        """The term in a language."""
        return self.ko if language == "ko" else self.en


@dataclass(frozen=True)
class Use:
    """A term or a citation in a source."""

    role: str  # "term", "cite" or "pair"
    id: str
    cell: Cell
    first: bool  # of this term, in this language


def glossary() -> dict[str, Term]:
    """The terms by id.

    Raises:
        BookError: The file is not TOML, or an entry lacks something.
    """
    return read_glossary(glossary_toml())


def glossary_toml() -> str:
    """The file's text."""
    return (ROOT / "book" / "glossary.toml").read_text(encoding="utf-8")


@functools.cache
def read_glossary(text: str) -> dict[str, Term]:
    """The terms in a TOML text."""
    try:
        entries = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BookError(f"book/glossary.toml: {error}; mend it") from None
    terms = {}
    for name, entry in entries.items():
        try:
            lists = {key: tuple(entry.get(key, ())) for key in ("not_ko", "not_en")}
            terms[name] = Term(name, **(entry | lists))
        except (TypeError, AttributeError):
            line = text[: text.find(f"[{name}]")].count("\n") + 1
            raise BookError(
                f"book/glossary.toml:{line}: {name!r} needs ko, en, about_ko and about_en, "
                "and may have short, not_ko and not_en"
            ) from None
    return terms


def find_term(name: str, terms: dict[str, Term]) -> Term | None:
    """The term of this id, or of this word in either language, an English plural included."""
    if name in terms:
        return terms[name]
    names = {name.casefold(), name.casefold().removesuffix("s")}
    for term in terms.values():
        if names & {term.ko, term.en.casefold(), term.short.casefold()} - {""}:
            return term
    return None


def uses(chapter: Chapter, language: str) -> tuple[Use, ...]:
    """Every known term and work that a chapter names in a language, in order.

    Unknown ones are left out: ``resolve`` reports them with their line.
    """
    return read_uses(chapter, language, glossary_toml(), bibtex())


@functools.lru_cache(maxsize=128)  # asked for once for each block
def read_uses(chapter: Chapter, language: str, toml: str, bib: str) -> tuple[Use, ...]:
    """The same of the texts of a glossary and of a bibliography."""
    terms, entries = read_glossary(toml), read_works(bib)
    either = re.compile(f"{ROLE.pattern}|{PAIR.pattern}")
    found: list[Use] = []
    seen: set[str] = set()
    for cell in chapter.cells:
        if cell.kind == "code" or cell.language not in (None, language):
            continue
        for match in either.finditer(cell.text):
            if match["role"] == "cite":
                keys = map(str.strip, match["text"].split(","))
                found += [Use("cite", key, cell, False) for key in keys if key in entries]
            elif match["role"] == "term" or match["ko"]:
                name = parse_role(match["text"])[1] if match["role"] else match["ko"]
                if term := find_term(name, terms):
                    found.append(Use(match["role"] or "pair", term.id, cell, term.id not in seen))
                    seen.add(term.id)
    return tuple(found)


def parse_role(text: str) -> tuple[str, str]:
    """What a role shows and what it names: ``folded down <aliasing>``, or both in one."""
    match = re.fullmatch(r"(.+?) ?<([^<>]+)>", text.strip())
    return (match[1], match[2]) if match else ("", text.strip())


def resolve(chapter: Chapter, cell: Cell) -> str:
    """A text block with its terms and citations as plain Markdown links.

    Raises:
        BookError: A term or a work is unknown, or stands where it cannot be a link.
    """
    if "{term}" not in cell.text and "{cite}" not in cell.text:
        return cell.text
    terms, entries = glossary(), works()
    firsts = iter([use for use in uses(chapter, cell.language or "") if use.cell == cell])
    shown_as = cited_as()

    def error_at(match: re.Match[str], what: str) -> BookError:
        return BookError(f"{line_of(chapter, cell, match.start())}: {what}")

    def replace(match: re.Match[str]) -> str:
        if not match["role"]:
            return match[0]
        if match["role"] == "cite":
            links = []
            for key in map(str.strip, match["text"].split(",")):
                if key not in entries:
                    near = nearest(key, entries)
                    raise error_at(
                        match, f"no work {key!r} in book/references.bib; {near}add it there"
                    )
                links.append(f"[{shown_as[key]}]({address(entries[key])})")
            return "; ".join(links)
        shown, name = parse_role(match["text"])
        term = find_term(name, terms)
        if term is None:
            near = nearest(name, [x for t in terms.values() for x in (t.id, t.ko, t.en)])
            raise error_at(match, f"no term {name!r} in book/glossary.toml; {near}add it there")
        if cell.language is None:
            raise error_at(
                match, "a term in a block of no language; put it in a Korean and an English one"
            )
        before = cell.text[: match.start()]
        if before.endswith("**") or re.search(r"(?m)^#+ .*\Z", before):
            raise error_at(
                match,
                "a term in bold or in a heading; a first use is bold by itself, a heading holds none",
            )
        word = term.word(cell.language)
        first = next(use.first for use in firsts if use.role == "term")
        if not shown:
            # An author who wrote the word itself wrote it as it is to be read: plural, at a sentence's
            # start, or short where it is known.
            as_written = name.casefold().startswith(word.casefold()) or (
                name == term.short and not first
            )
            shown = name if as_written else word
        return term_link(term, shown, cell.language, first)

    return ROLE.sub(replace, cell.text)


def term_link(term: Term, shown: str, language: str, first: bool) -> str:
    """A link to the glossary; at the first use bold, with the English word or the abbreviation after it."""
    target = f"(glossary.ipynb#{term.id})"
    if not first:
        return f"[{shown}]{target}"
    # A word that Korean has from English stands there once: bfloat16 형식.
    words = [term.en] if language == "ko" and term.en not in term.ko else []
    after = ", ".join(words + [term.short] * bool(term.short))
    gap = "" if language == "ko" else " "
    return f"[**{shown}**]{target}" + (f"{gap}({after})" if after else "")


def nearest(name: str, known: object) -> str:
    """``did you mean ...? else`` with the nearest spellings; empty if there are none."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)  # type: ignore[call-overload]
    return f"did you mean {' or '.join(near)}? else " if near else ""


def line_of(chapter: Chapter, cell: Cell, at: int) -> str:
    """``file:line`` of a place inside a block."""
    file, line = where(chapter, cell).rsplit(":", 1)
    return f"{file}:{int(line) + cell.text[:at].count(chr(10))}"
