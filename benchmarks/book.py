"""How large is the book, how long does it run, and is all of it up to date?

Per chapter:
cells                   of the Korean notebook; the English one has as many
seconds, memory_gb      of the kernel, measured when the chapter was executed last (the notebook's record)
notebook_bytes          the larger of the two editions'
page_bytes              the larger of the two built pages; null before `make book`
players, exercises      in one edition
lossless_players        those of them whose sound is WAV or FLAC
words                   of the English notebook's markdown cells, exercises and quizzes included; left out
                        are fences, inline code, formulas and the markup of HTML
Of the whole book:
words_worst             of the longest chapter
wrong_answers_planted   the mistakes that the checkers know; each is put to its checker now
wrong_answers_caught    those that fail
wrong_answers_named     those that fail with a message that names the mistake
caught_share_worst      the smallest share of 100 seeds in which a planted mistake is caught by its name
right_answers_refused   hidden solutions that fail, each in five styles: plain, in place, NumPy, list, one line
blind_answers           wrong answers in ``benchmarks/answers``, by people who had not seen the checkers
blind_caught_share      of these, the share that fails
blind_recognised_share  of these, the share whose message is a named mistake, the exercise's or a common one;
                        ``--blind-report FILE`` shows whether it is the intended one
blind_named_share       of these, the share whose message names the intended mistake, as a reader judged it once
                        (``benchmarks/answers/judged.tsv``)
blind_refused           right answers there that fail
untranslated_blocks     Korean blocks whose English is missing, or translates an older version
stale_outputs           notebooks whose outputs were made by other code
broken_links            in the built site, every page of both editions: links and anchors without a
                        target; external ones are not followed; null before `make book`
over_budget             what is larger or slower than CONTRIBUTING.md allows, a line each; [] if nothing is

    python -m benchmarks.book --json
    python -m benchmarks.book --external     every address elsewhere, with a page that has it; none is asked
    python -m benchmarks.book --blind-report blind.tsv
"""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from benchmarks.checkers import blind, blind_figures, planted_figures
from benchmarks.command import parser
from tools.book import LANGUAGES, BookError
from tools.book.check import sources
from tools.book.exercises import exercises
from tools.book.run import path_of, staleness, stored
from tools.book.site import BUILD
from tools.book.source import Chapter, pairs, read, short_hash

PREFIX = {"ko": "", "en": "en/"}  # of an edition's pages in the site
# What is no word: fences, inline code, formulas, HTML's tags.
NO_WORDS = re.compile(
    r"^(`{3,}|~{3,}).*?^\1|`[^`]*`|\$\$.*?\$\$|\$[^$\n]*\$|<[^>]*>", re.DOTALL | re.MULTILINE
)
LOSSLESS = re.compile(r'<(?:audio|source)[^>]*\bsrc="data:audio/(?:x-)?(?:wav|wave|flac)\b')


# A chapter's budgets; of pages with lossless sound, the second.  The mean of all chapters' seconds has its own.
BUDGETS = {"seconds": 90, "notebook_bytes": 10**6}
PAGE_BYTES = (1_500_000, 3_000_000)
MEAN_SECONDS = 45


class Page(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors = {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        """Collect an element's anchor and links."""
        for name, value in attributes:
            if value is None:
                continue
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value)
            elif name in ("href", "src"):
                self.links.append(value)


def broken_links(site: Path) -> list[str]:
    """``page: link`` for every internal link without a target."""
    files = [p for p in sorted(site.rglob("*.html")) if "_static" not in p.parts]  # the theme's own
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in files}
    return [
        f"{path.relative_to(site)}: {link}"
        for path, page in pages.items()
        for link in dict.fromkeys(page.links)
        if not has_target(path, link, site, pages)
    ]


def has_target(path: Path, link: str, site: Path, pages: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    if parts.scheme or parts.netloc:
        return True  # external, or in the page itself (data:)
    folder = site if parts.path.startswith("/") else path.parent
    target = (folder / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
    if target.is_dir():
        target /= "index.html"
    if target in pages:
        return unquote(parts.fragment) in pages[target].anchors
    return target.is_file() and target.is_relative_to(site)


def external_links(site: Path) -> dict[str, str]:
    """Every address elsewhere, with the first page that has it."""
    found: dict[str, str] = {}
    for path in sorted(site.rglob("*.html")):
        if "_static" not in path.parts:
            for link in Page(path.read_text(encoding="utf-8")).links:
                if urlsplit(link).scheme in ("http", "https"):
                    found.setdefault(link, str(path.relative_to(site)))
    return dict(sorted(found.items()))


def over_budget(figures: dict[str, dict[str, Any]]) -> list[str]:
    """``chapter: what is too much`` for every chapter's figures."""
    found = []
    for chapter, row in figures.items():
        limits = BUDGETS | {"page_bytes": PAGE_BYTES[row["lossless_players"] > 0]}
        for name, limit in limits.items():
            if (row[name] or 0) > limit:
                found.append(f"{chapter}: {name} {row[name]:,}, more than {limit:,}")
    mean = sum(row["seconds"] or 0 for row in figures.values()) / max(1, len(figures))
    return found + [f"all: {mean:.0f} seconds a chapter"] * (mean > MEAN_SECONDS)


def chapter_figures(chapter: Chapter) -> dict[str, Any]:
    """The figures of one chapter."""
    notebook = stored(chapter, "ko")
    cells = notebook.cells if notebook else []
    measured = notebook.metadata.get("tinyaudio", {}).get("measured", {}) if notebook else {}
    built = [
        BUILD / "html" / f"{PREFIX[language]}book" / language / f"{chapter.name}.html"
        for language in LANGUAGES
    ]
    made = [path_of(chapter, language) for language in LANGUAGES]
    return {
        "number": chapter.number,
        "cells": len(cells),
        "seconds": measured.get("seconds"),
        "memory_gb": measured.get("memory_gb"),
        "notebook_bytes": max((p.stat().st_size for p in made if p.exists()), default=None),
        "page_bytes": max((p.stat().st_size for p in built if p.exists()), default=None),
        "players": sum(
            count_players(output) for cell in cells for output in cell.get("outputs", [])
        ),
        "lossless_players": sum(
            count_players(output, LOSSLESS) for cell in cells for output in cell.get("outputs", [])
        ),
        "exercises": len(exercises(chapter)),
        "words": count_words(stored(chapter, "en")),
    }


def count_players(output: dict[str, Any], pattern: str | re.Pattern = "<audio") -> int:
    """How many players an output shows; those only whose markup fits the pattern."""
    html = output.get("data", {}).get("text/html", "")
    return len(re.findall(pattern, "".join(html)))


def count_words(notebook: Any) -> int | None:
    """Words of the markdown cells: whatever holds a letter or a digit between spaces."""
    if not notebook:
        return None
    texts = (cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    words = (word for text in texts for word in NO_WORDS.sub(" ", text).split())
    return sum(any(letter.isalnum() for letter in word) for word in words)


def untranslated(chapter: Chapter) -> int:
    """Korean blocks without an English one that translates them as they are."""
    return sum(en.of != short_hash(ko.text) for ko, en in pairs(chapter))


def measure() -> dict[str, Any]:
    chapters, unpaired = [], 0
    for path in sources([]):
        try:
            chapters.append(read(path))
        except BookError:
            unpaired += 1  # it names one block without a partner, and stops there
    found = [one for chapter in chapters for one in exercises(chapter)]
    notebooks = [(c, stored(c, language)) for c in chapters for language in LANGUAGES]
    site = BUILD / "html"
    figures = {c.name: chapter_figures(c) for c in sorted(chapters, key=lambda c: c.number)}
    return {
        "chapters": len(chapters) + unpaired,
        "seconds": round(sum(one["seconds"] or 0 for one in figures.values()), 1),
        "words_worst": max((one["words"] or 0 for one in figures.values()), default=None),
        "players": sum(one["players"] for one in figures.values()),
        "lossless_players": sum(one["lossless_players"] for one in figures.values()),
        "exercises": len(found),
        **planted_figures(found),
        **blind_figures(blind(sorted({one.chapter for one in found}))),
        "untranslated_blocks": sum(map(untranslated, chapters)) + unpaired,
        "stale_outputs": sum(n is None or bool(staleness(c, n)) for c, n in notebooks),
        "broken_links": len(broken_links(site)) if site.exists() else None,
        "over_budget": over_budget(figures),
        "by_chapter": figures,
    }


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The chapters' figures in columns."""
    names = list(next(iter(rows.values()), {}))
    lines = [["chapter", *names]]
    for chapter, row in rows.items():
        lines.append([chapter, *("-" if row[name] is None else f"{row[name]:,}" for name in names)])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            text.rjust(width) if i else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def main() -> None:
    options = parser("book", __doc__)
    options.add_argument("--blind-report", type=Path, help="write each blind answer's judgement")
    options.add_argument("--external", action="store_true", help="list addresses elsewhere")
    options = options.parse_args()
    if options.external:
        for link, page in external_links(BUILD / "html").items():
            print(f"{link}\t{page}")
        return
    try:
        if options.blind_report:
            names = sorted({path.stem for path in sources([])})
            rows = [one.row() for one in blind(names)]
            options.blind_report.write_text("\n".join(rows) + "\n", encoding="utf-8")
            return
        found = measure()
    except BookError as error:
        raise SystemExit(str(error)) from None
    if options.json:
        print(json.dumps(found))
        return
    print(table(found.pop("by_chapter")), end="\n\n")
    for name, value in found.items():
        print(f"{name:22} {'none' if value is None else value}")
    if found["broken_links"]:
        print("\n".join(broken_links(BUILD / "html")))


if __name__ == "__main__":
    main()
