"""Slides show what their chapter shows, and nothing that it does not."""

import re
from html.parser import HTMLParser

import pytest

from tools.book import LANGUAGES, SOURCES, BookError, slides
from tools.book.key_sentences import key_blocks, plain, sentences
from tools.book.run import code_cells, stored
from tools.book.source import read

CHAPTERS = [path.stem for path in sorted(SOURCES.glob("*.md")) if read(path).number]
DECKS = [(name, language) for name in CHAPTERS for language in LANGUAGES]


class Page(HTMLParser):
    """What a page asks for, and what stands in it."""

    def __init__(self, text):
        super().__init__()
        self.addresses, self.tags = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]


@pytest.mark.parametrize(("name", "language"), DECKS)
def test_a_deck_has_every_section_formula_figure_sound_and_question_of_its_chapter(name, language):
    chapter = read(SOURCES / f"{name}.md")
    notebook = stored(chapter, language)
    made = slides.slides_of(notebook)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    headings = [plain(one) for one in re.findall(r"(?m)^#{1,3} (?!.*★)(.*)", text)]
    assert list(dict.fromkeys(slide.heading for slide in made)) == headings[:-1]
    shown = "\n".join(part for slide in made for part, _ in slide.parts)
    page = Page(slides.deck(made, name, language))
    untagged = [c for c in code_cells(notebook) if not c.metadata.get("tags")]
    outputs = [output.get("data", {}) for cell in untagged for output in cell.outputs]
    html = "".join(data.get("text/html", "") for data in outputs)
    assert shown.count("<audio") == html.count("<audio")
    assert shown.count("data:image/png") == sum("image/png" in data for data in outputs)
    body = text.split(headings[-1])[0]
    assert re.findall(r"\\tag\{[\d.]+\}", shown) == re.findall(
        r"\\tag\{[\d.]+\}", until_exercises(body)
    )
    for what in ("ta-choice", 'class="ta-live"', 'id="correction-'):
        assert shown.count(what) == body.count(what)
    assert len(re.findall("★[^<]*</li>", shown)) == len(re.findall("(?m)^### .*★", text))
    assert [one for one in page.addresses if not one.startswith(("data:", "../", "#"))] == []
    words = re.sub(r"(?s)<(pre|script|code)\b.*?</\1>|<[^>]*>", "", shown)
    assert not re.search(r"\0|\]\(|\*\*", words)


def until_exercises(text):
    """A text without the exercises and what stands in them."""
    return re.sub(r"(?ms)^### .*★.*?(?=^## |\Z)", "", text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_solution_is_on_a_slide(language):
    chapter = read(SOURCES / "sound_into_numbers.md")
    shown = slides.deck(slides.slides_of(stored(chapter, language)), chapter.name, language)
    for cell in chapter.cells:
        if "solution" in cell.tags:
            assert cell.text.split("\n")[1].strip() not in shown


def test_key_blocks_keep_the_first_sentence_what_is_bold_and_what_leads_to_a_formula():
    text = (
        "One. Two is left out. **Three** stays. Four leads to\n\n$$\na\n$$\n\nand ends here. Five.\n\n"
        "Six. **Is it seven?** Eight.\n\n- **Name.** Nine. Ten.\n- Eleven. Twelve.\n\n| a |\n| --- |"
    )
    assert key_blocks(text) == [
        "One. **Three** stays. Four leads to\n\n$$\na\n$$\n\nand ends here.",
        "**Is it seven?**",
        "- **Name.** Nine.\n- Eleven.",
        "| a |\n| --- |",
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("소리입니다. 2.5 dB입니까? 예.", ["소리입니다.", "2.5 dB입니까?", "예."]),
        (
            "By Li et al. 2015, $a. b$ and `c. d`. So.",
            ["By Li et al. 2015, $a. b$ and `c. d`.", "So."],
        ),
        (
            "Take $x$. **All of it.** Then (see 1.2.) end",
            ["Take $x$.", "**All of it.**", "Then (see 1.2.)", "end"],
        ),
        ("", [""]),
    ],
)
def test_sentences(text, parts):
    assert sentences(text) == parts


def test_a_slide_that_is_full_goes_on_on_another_one():
    chapter = read(SOURCES / "sound_into_numbers.md")
    for slide in slides.slides_of(stored(chapter, "en")):
        assert len(slide.parts) == 1 or slide.height <= slides.HEIGHT


def test_decks_are_written_beside_what_they_load(book, monkeypatch, tmp_path):
    monkeypatch.setattr(slides, "BUILD", tmp_path / "build")
    (report,) = slides.write([book.path])
    assert re.fullmatch(r"small: \d slides", report)
    for language, heading in (("ko", "3장 작은 책"), ("en", "Chapter 3. A small book")):
        path = tmp_path / "build" / "slides" / language / "small.html"
        page = Page(path.read_text(encoding="utf-8"))
        assert f"<title>{heading} — tinyaudio</title>" in path.read_text(encoding="utf-8")
        local = [one for one in page.addresses if one.startswith("../")]
        assert len(local) >= 7 and all((path.parent / one).resolve().is_file() for one in local)


def test_of_a_stale_notebook_no_slides_are_made(book, monkeypatch, tmp_path):
    monkeypatch.setattr(slides, "BUILD", tmp_path / "build")
    book.replace("note(n) for", "note(n + 1) for")
    with pytest.raises(
        BookError, match=r"small\.md: no slides of its ko notebook: its code changed"
    ):
        slides.write([book.path])
    assert not (tmp_path / "build").exists()
