"""Slides of a chapter, from its notebook: nothing is written for them, so nothing goes stale.

A block of text becomes a slide: its heading, its first sentence, the sentences that are bold or lead to a
formula, its formulas, lists and tables.  The figures, players and printed lines of the cells after it follow.
Quiz and corrections are as in the chapter; of the exercises there are the titles; solutions are left out.
"""

import base64
import html
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from mdit_py_plugins.dollarmath import dollarmath_plugin
from nbformat import NotebookNode

from tools.book import LANGUAGES, ROOT
from tools.book.key_sentences import key_blocks, plain
from tools.book.run import fitting, write_changed
from tools.book.site import BUILD
from tools.book.source import read

DECK = Path(__file__).parent / "deck"  # the style and the keys
STATIC = ("book.css", "live.css", "players.js", "figures.js", "figures", "vendor")
HEIGHT = 490  # of a slide under its heading, of 720 in all
LINE = 36  # of text
WORDS = {
    "ko": {"book": "작은 소리 — tinyaudio", "next": "다음", "back": "이전", "other": "English"},
    "en": {"book": "tinyaudio", "next": "Next", "back": "Back", "other": "한국어"},
}
BOX = re.compile(r'(?s)<div class="admonition tip" id="correction-\d+">.*?</div>')
SUMMARY = re.compile(r"(?<=<summary>).*(?=</summary>)")
TEST = re.compile(r" \([^()]*: `tests/[^()]*\)")  # where a correction's test lies


Part = tuple[str, int]  # HTML, and about how high it is on a screen of 1280 × 720 pixels


@dataclass
class Slide:
    """A heading and what stands under it."""

    heading: str
    parts: list[Part] = field(default_factory=list)

    @property
    def height(self) -> int:
        """Of all parts."""
        return sum(height for _, height in self.parts)


def write(paths: list[Path]) -> list[str]:
    """Write the decks of these chapters in both languages.

    Returns:
        What was written, one line a chapter.

    Raises:
        BookError: A notebook is missing or stale; then nothing is written.
    """
    out, made, report = BUILD / "slides", {}, []
    for chapter in filter(lambda one: one.number, map(read, paths)):  # the first page is no lecture
        for language in LANGUAGES:
            slides = slides_of(fitting(chapter, language, f"no slides of its {language} notebook"))
            made[out / language / f"{chapter.name}.html"] = deck(slides, chapter.name, language)
        report.append(f"{chapter.name}: {len(slides)} slides")
    for name in STATIC:
        source, target = ROOT / "book" / "_static" / name, out / "_static" / name
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    shutil.copytree(DECK, out / "_static", dirs_exist_ok=True)
    for path in made:
        path.parent.mkdir(exist_ok=True)
    write_changed(made)
    return report


def slides_of(notebook: NotebookNode) -> list[Slide]:
    """A chapter's slides in order; its last section, what to read next, is left out."""
    (title, (*about, goals)), *others = units(notebook)
    slides = [Slide(title, about), Slide(title, [goals])]
    for heading, parts in others:
        last = slides[-1]
        if last.heading != heading or last.height + sum(height for _, height in parts) > HEIGHT:
            slides.append(Slide(heading))
        for part in parts:
            if slides[-1].parts and slides[-1].height + part[1] > HEIGHT:
                slides.append(Slide(heading))
            slides[-1].parts.append(part)
    last_section = slides[-1].heading
    return [slide for slide in slides if slide.heading == title or slide.heading != last_section]


def units(notebook: NotebookNode) -> list[tuple[str, list[Part]]]:
    """What belongs on one slide, with its heading: a block of text and what the cells after it show."""
    found: list[tuple[str, list[Part]]] = []
    heading, exercise = "", False
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if not exercise and not cell.metadata.get("tags"):
                found[-1][1].extend(output_parts(cell))
            continue
        for piece in filter(str.strip, re.split(r"(?m)^(?=#{1,3} )", plain(cell.source))):
            if title := re.match(r"#{1,3} (.*)\n*", piece):
                piece, exercise = piece[title.end() :], "★" in title[1]
                if exercise:
                    found[-1][1].append(text_part(f"- {title[1]}"))
                else:
                    heading = title[1]
            if exercise:
                continue
            if not found:
                found.append((heading, opening(piece)))
            elif "ta-choice" in piece:
                found.append((heading, [quiz_part(piece)]))
            elif boxes := BOX.findall(piece):
                found += [(heading, [text_part(TEST.sub("", box))]) for box in boxes]
            else:
                found.append((heading, [text_part(one) for one in key_blocks(piece)]))
    return found


def opening(text: str) -> list[Part]:
    """The chapter's first sentence and its question; last, what a reader will be able to do."""
    before, _, rest = text.partition("\n- ")
    *about, able = before.strip().split("\n\n")
    goals = rest.split("\n\n")[0]
    return [
        *(text_part(one) for one in key_blocks("\n\n".join(about))),
        text_part(f"{able}\n\n- {goals}"),
    ]


def output_parts(cell: NotebookNode) -> list[Part]:
    """The figures, players and printed lines of a cell."""
    parts = []
    alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
    for output in cell.outputs:
        data = output.get("data", {"text/plain": output.get("text", "")})
        if "image/png" in data:
            parts.append(picture(data["image/png"], alt))
        elif "text/html" in data:
            shown = data["text/html"]
            n = shown.count("<audio")  # three in a row, under a row of buttons
            height = 430 if "<img" in shown or "<svg" in shown else 90 * -(-n // 3) + 90 * (n > 1)
            parts.append((shown, height))
        elif text := data["text/plain"].rstrip():
            parts.append((f"<pre>{html.escape(text)}</pre>", 26 * (text.count("\n") + 2)))
    return parts


def picture(png: str, alt: str) -> Part:
    """A figure as wide as the slide, unless it would be too high."""
    head = base64.b64decode(png[:44])
    width, height = (int.from_bytes(head[i : i + 4]) for i in (16, 20))
    scale = min(1100 / width, 400 / height, 1.3)
    style = f"width:{scale * width / 20:.1f}rem"  # 20 px are 1 rem: the slide grows with the screen
    image = (
        f'<img alt="{html.escape(alt)}" style="{style}" src="data:image/png;base64,{png.strip()}">'
    )
    return image, round(scale * height) + 10


def text_part(text: str) -> Part:
    """Markdown as HTML, and about how high it is."""
    lines = sum(1 + len(line) // 75 for line in text.split("\n") if line.strip())
    height = LINE * lines + 20 * text.count("$$") + 400 * ("ta-live" in text)
    return RENDER.render(text), height


def quiz_part(text: str) -> Part:
    """A question with its folded answers, and room for one of them."""
    text = SUMMARY.sub(lambda choice: RENDER.renderInline(choice[0]), text)
    return RENDER.render(text), 200 + 60 * text.count("<summary>")


def math(content: str, options: dict) -> str:
    """A formula as MathJax reads it."""
    left, right = (r"\[", r"\]") if options["display_mode"] else (r"\(", r"\)")
    return f"{left}{html.escape(content)}{right}"


RENDER = MarkdownIt("commonmark", {"html": True}).enable("table")
RENDER.use(dollarmath_plugin, renderer=math, allow_space=True, double_inline=True)


def deck(slides: list[Slide], name: str, language: str) -> str:
    """The page that holds all slides."""
    words, other = WORDS[language], "en" if language == "ko" else "ko"
    sections = []
    for i, slide in enumerate(slides):
        kind, level = (" title", 1) if i == 0 else ("", 2)
        heading = f"<h{level}>{RENDER.renderInline(slide.heading)}</h{level}>"
        parts = "\n".join([heading, *(text for text, _ in slide.parts)])
        sections.append(f'<section class="slide{kind}" tabindex="-1">\n{parts}\n</section>')
    page = (DECK / "deck.html").read_text(encoding="utf-8")
    values = {
        "language": language,
        "title": html.escape(f"{slides[0].heading} — tinyaudio"),
        "link": f'<a lang="{other}" href="../{other}/{name}.html">{words["other"]}</a>',
        "sections": "\n".join(sections),
    } | words
    return re.sub(r"\{\{(\w+)\}\}", lambda match: values[match[1]], page)
