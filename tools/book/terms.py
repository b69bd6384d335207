"""Check the words of every text against the glossary."""

import functools
import re

from tools.book.references import (
    PAIR,
    ROLE,
    Term,
    find_term,
    glossary,
    line_of,
    uses,
)
from tools.book.source import Cell, Chapter, pairs, where

# What is not searched for words: code, mathematics, links, tags, roles and quotations.
EXCLUDED = re.compile(
    r"(?s)```.*?```|``.*?``|\{\w+\}`[^`\n]*`|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]+\$"
    r"|!?\[[^\]\n]*\]\([^)\n]*\)|<[^<>\n]*>|「[^」]*」|『[^』]*』|\"[^\"\n]*\"|“[^”]*”"
)


def term_problems(chapter: Chapter) -> list[str]:
    """Forbidden forms, hand-written pairs that the glossary does not know, terms in one language only."""
    terms = glossary()
    found = []
    for ko, en in pairs(chapter):
        for cell, other in ((ko, en), (en, ko)):
            found += forbidden(chapter, cell, other, terms)
        found += unknown_pairs(chapter, ko, terms)
        found += in_one_language(chapter, ko, en)
    return found


def forbidden(chapter: Chapter, cell: Cell, other: Cell, terms: dict[str, Term]) -> list[str]:
    """Forms that the book does not use.

    A form that is itself another term's word (음정, an interval, where 음높이, pitch, is meant) is wrong
    only where the other language has this term and not that one.
    """
    language = cell.language or ""
    foreign = "en" if language == "ko" else "ko"
    right, pattern = forbidden_forms(tuple(terms.values()), language)
    found = []
    for match in pattern.finditer(mask_excluded(cell.text)):
        form = match[0].casefold()
        if form not in right and form.removesuffix("s") not in right:
            continue
        meant = right.get(form) or right[form.removesuffix("s")]
        own = next((t for t in terms.values() if t.word(language).casefold() == form), None)
        if own and (
            contains(other, own.word(foreign))
            or not any(contains(other, term.word(foreign)) for term in meant)
        ):
            continue
        instead = " or ".join(term.word(language) for term in meant)
        found.append(
            f"{line_of(chapter, cell, match.start())}: {match[0]!r} is not this book's word; write {instead}"
        )
    return found


@functools.lru_cache(maxsize=8)
def forbidden_forms(
    terms: tuple[Term, ...], language: str
) -> tuple[dict[str, list[Term]], re.Pattern[str]]:
    """The terms that are meant by each forbidden form, and what finds such a form."""
    right: dict[str, list[Term]] = {}
    for term in terms:
        for form in term.not_ko if language == "ko" else term.not_en:
            right.setdefault(form.casefold(), []).append(term)
    # The longest first: 표본화, a term, is not 표본 and a rest.  Korean words have particles, English ones not.
    own_words = {term.word(language).casefold() for term in terms}
    words = right.keys() | {w for w in own_words if any(w.startswith(form) for form in right)}
    forms = "|".join(map(re.escape, sorted(words, key=len, reverse=True))) or r"(?!)"
    pattern = rf"(?<![가-힣])(?:{forms})" if language == "ko" else rf"\b(?:{forms})s?\b"
    return right, re.compile(pattern, re.IGNORECASE)


def mask_excluded(text: str) -> str:
    """The text with what is excluded replaced, so that positions stay.

    Example:
        >>> mask_excluded("가 `b` 다")
        '가 ￼￼￼ 다'
    """
    return EXCLUDED.sub(lambda match: re.sub(r"[^\n]", "\ufffc", match[0]), text)


def contains(cell: Cell, word: str) -> bool:
    """Whether a block contains a word."""
    return word.casefold() in cell.text.casefold()


def unknown_pairs(chapter: Chapter, cell: Cell, terms: dict[str, Term]) -> list[str]:
    """``**한국어**(english)`` that the glossary does not hold like this."""
    found = []
    for match in PAIR.finditer(cell.text):
        ko, en = match["ko"], match["en"].strip()
        term = find_term(ko, terms)
        if term and en.casefold() in (term.en.casefold(), term.short.casefold()):
            continue
        what = f"**{ko}**({en}) is not in book/glossary.toml; add it"
        if one := term or find_term(en, terms):
            what = f"**{ko}**({en}) is {one.ko} ({one.en}) in book/glossary.toml; write {{term}}`{one.id}`"
        found.append(f"{line_of(chapter, cell, match.start())}: {what}")
    return found


def in_one_language(chapter: Chapter, ko: Cell, en: Cell) -> list[str]:
    """Terms and works that one of two paired blocks names and the other does not."""
    found = []
    for role, what in (("term", "terms"), ("cite", "works")):
        named = [
            {
                use.id
                for use in uses(chapter, cell.language or "")
                if use.cell == cell and use.role == role
            }
            for cell in (ko, en)
        ]
        if alone := sorted(named[0] ^ named[1]):
            found.append(
                f"{where(chapter, en)}: {what} in one language only: {', '.join(alone)}; "
                f"write {{{role}}}`...` in both"
            )
    return found


def without_roles(text: str) -> str:
    """The text without terms and citations, whose backticks are no code."""
    return ROLE.sub(lambda match: "" if match["role"] else match[0], text)
