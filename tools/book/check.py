"""Find what no longer fits: translations, markup, notebooks, outputs.  Nothing is executed."""

import re
import unicodedata
from pathlib import Path

from markdown_it import MarkdownIt
from nbformat import NotebookNode

from tools.book import LANGUAGES, SOURCES, BookError
from tools.book.edition import edition, equation_numbers, markdown, select, with_setup
from tools.book.measured import PLACEHOLDER, heading_problems
from tools.book.pages import NAMES, stale_pages, written
from tools.book.run import code_cells, path_of, relative, staleness, stored
from tools.book.source import BILINGUAL, Chapter, pairs, read, short_hash, where
from tools.book.terms import term_problems, without_roles

# What must stand as often in the English block as in the Korean one.
COUNTED = {
    "$$": r"\$\$",
    "$": r"(?<!\$)\$(?!\$)",
    "headings": r"(?m)^#+ ",
    "images": r"!\[",
    "equation labels": r"\$\$ \([\w-]+\)",
    "choices": r"(?m)^- \[[ x]\]",
    "right choices": r"(?m)^- \[x\]",
    "{measured}": re.escape(PLACEHOLDER),
    "code words": r"(?<!`)`[^`\n]+`(?!`)",
}
COLUMNS = 84  # that a line of code has on the page of a usual screen
# (what, pattern, remedy) in what Colab or a Markdown reader would show raw.
CODE = re.compile(r"(?s)```(\{[^\n]*)?.*?```|`[^`\n]*`")
MATH = re.compile(r"(?s)\$\$.*?\$\$|\$[^$\n]+\$")
UNSAFE = (
    (
        "a MyST directive, which Colab shows raw",
        r"(?m)^\s*(```|:::)\s*\{",
        "use plain Markdown or HTML",
    ),
    ("a MyST role, which Colab shows raw", r"\{[a-z:]+\}`", "use a plain link"),
    ("a MyST target, which Colab shows raw", r"(?m)^\([\w-]+\)=\s*$", 'use <a id="..."></a>'),
    (
        "a picture file, which Colab cannot find",
        r"!\[[^\]]*\]\((?!https?:)",
        "draw it in a code cell",
    ),
    (
        "an unclosed ⟦ko|en⟧",
        r"⟦",
        "write ⟦한국어|English⟧ in code cells, and plain text in text blocks",
    ),
)


def problems() -> list[str]:
    """Every problem of every chapter, as ``file:line: what; remedy``."""
    found = []
    names = set(NAMES)
    chapters = []
    paths = sorted(SOURCES.glob("*.md"))
    for path in paths:
        names.add(path.stem)
        try:
            chapter = read(path)
            found += source_problems(chapter)
            for language in LANGUAGES:
                found += notebook_problems(chapter, language)
            found += figure_problems(chapter)
            found += edition_problems(chapter)
            chapters.append(chapter)
        except BookError as error:
            found.append(str(error))
    for path in written():
        names.add(path.stem)
        try:
            found += source_problems(read(path))
        except BookError as error:
            found.append(str(error))
    if len(chapters) == len(paths):  # else why the appendices cannot be made is in `found`
        try:
            found += stale_pages(chapters)
        except BookError as error:
            found.append(str(error))
    for language in LANGUAGES:
        for path in sorted((SOURCES.parent / language).glob("*.ipynb")):
            if path.stem not in names:
                found.append(f"{relative(path)}: has no source in book/src; delete it")
    return found


def source_problems(chapter: Chapter) -> list[str]:
    """Problems of a source: translations and markup."""
    found = []
    for ko, en in pairs(chapter):
        if en.of != short_hash(ko.text):
            found.append(
                f"{where(chapter, en)}: the translation is stale: its Korean changed; bring it up to date, "
                f"then run python -m tools.book accept {chapter.name}"
            )
        for what, pattern in COUNTED.items():
            n_ko, n_en = (len(re.findall(pattern, without_roles(cell.text))) for cell in (ko, en))
            if n_ko != n_en:
                found.append(
                    f"{where(chapter, en)}: {n_ko} {what} in Korean, {n_en} in English; make them equal"
                )
    found += heading_problems(chapter)
    found += term_problems(chapter)
    numbers = equation_numbers(chapter)
    for cell in chapter.cells:
        if cell.kind == "code":
            if "⟦" in BILINGUAL.sub("", cell.text + cell.alt):
                found.append(f"{where(chapter, cell)}: an unclosed ⟦ko|en⟧; close it with ⟧")
            for line in cell.text.split("\n"):
                if max(columns(select(line, language)) for language in LANGUAGES) > COLUMNS:
                    found.append(
                        f"{where(chapter, cell)}: a line of code wider than {COLUMNS} columns, which "
                        f"scrolls on the page: {line.strip()[:40]!r}; break it"
                    )
            continue
        plain = markdown(chapter, cell, numbers)
        if open_bold := unclosed_bold(plain):
            found.append(
                f"{where(chapter, cell)}: bold that does not close, as before a particle: {open_bold!r}; "
                "move the mark out of the bold, **낱말**(word)은, and use ** rather than __"
            )
        # A directive's first line stays, other code goes.
        text = CODE.sub(lambda match: f"```{match[1]}" if match[1] else "``", plain)
        for what, pattern, remedy in UNSAFE:
            if match := re.search(pattern, text):
                shown = text[max(0, match.start() - 12) : match.end() + 8].replace("\n", " ")
                found.append(f"{where(chapter, cell)}: {what}: {shown!r}; {remedy}")
    return found


def notebook_problems(chapter: Chapter, language: str) -> list[str]:
    """Problems of a notebook: other text than its source's, or stale outputs."""
    name, remedy = (
        relative(path_of(chapter, language)),
        f"run python -m tools.book make {chapter.name}",
    )
    notebook = stored(chapter, language)
    if notebook is None:
        return [f"{name}: missing or unreadable; {remedy}"]
    found = []
    wanted = edition(
        chapter, language, measured=notebook.metadata.get("tinyaudio", {}).get("measured")
    )
    compared = ("id", "cell_type", "source", "metadata")
    if [[c.get(k) for k in compared] for c in notebook.cells] != [
        [c.get(k) for k in compared] for c in wanted.cells
    ]:
        found.append(f"{name}: is not what its source says; {remedy}")
    if why := staleness(chapter, notebook):
        found.append(f"{name}: its outputs are stale: {why}; {remedy}")
    for cell in code_cells(notebook):
        if "⟦" in str(cell.outputs):
            found.append(
                f"{name}: an output holds ⟦: {cell.source[:40]!r}; "
                "write what stands between ⟦ and ⟧ as two texts with one | between them"
            )
    return found


def columns(text: str) -> int:
    """Width of a line in a fixed-width font, where a Korean syllable takes two columns.

    Example:
        >>> columns("소리 = 1")
        8
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def unclosed_bold(text: str) -> str:
    """The first text in which Markdown leaves ``**`` or ``__`` as they are; empty if there is none.

    Example:
        >>> unclosed_bold("**소리**(sound)는 **소리(sound)**는")
        '(sound)는 **소리(sound)**는'
    """
    tokens = MarkdownIt().enable("table").parse(MATH.sub("$", text))
    inline = [part for token in tokens for part in token.children or () if part.type == "text"]
    raw = [token for token in tokens if token.type == "html_block"]
    bold = re.compile(r"\*\*(?=\S)|(?<=\S)\*\*|__(?=\w)|(?<=\w)__")
    return next((one.content.strip() for one in inline + raw if bold.search(one.content)), "")


def figure_problems(chapter: Chapter) -> list[str]:
    """Figures without a description."""
    notebook = stored(chapter, "ko")
    cells = [cell for cell in with_setup(chapter) if cell.kind == "code"]
    made = code_cells(notebook) if notebook else []
    if len(made) != len(cells):
        return []  # which is another problem, and named
    return [
        f"{where(chapter, cell)}: a figure has no description; add ':alt: \"⟦…|…⟧\"' to its cell"
        for cell, one in zip(cells, made, strict=True)
        if not cell.alt and any("image/png" in output.get("data", {}) for output in one.outputs)
    ]


def edition_problems(chapter: Chapter) -> list[str]:
    """Differences between the editions, whose code ran once: the same numbers, figures and sounds."""
    ko, en = (stored(chapter, language) for language in LANGUAGES)
    if ko is None or en is None:
        return []
    translations = {
        word for cell in chapter.cells for both in BILINGUAL.findall(cell.text) for word in both
    }
    same = [language_independent(cell, translations) for cell in code_cells(ko)] == [
        language_independent(cell, translations) for cell in code_cells(en)
    ]
    name = relative(path_of(chapter, "en"))
    return (
        []
        if same
        else [
            f"{name}: its outputs are not those of book/ko; "
            f"run python -m tools.book make --again {chapter.name}"
        ]
    )


def language_independent(cell: NotebookNode, translations: set[str]) -> list[str]:
    """The parts of an output that are the same in both languages: numbers, figures, sounds."""
    text = str(cell.outputs)
    for word in sorted(translations, key=len, reverse=True):
        text = text.replace(word, "")
    return re.findall(r"[\w+/=]{60,}|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?", text)


def sources(names: list[str]) -> list[Path]:
    """The sources of these chapters, or of all.

    Raises:
        BookError: There is no such chapter.
    """
    known = {path.stem: path for path in sorted(SOURCES.glob("*.md"))}
    for name in names:
        if name not in known:
            raise BookError(f"no chapter {name!r} in book/src; there are {', '.join(known)}")
    return [known[name] for name in names] or list(known.values())
