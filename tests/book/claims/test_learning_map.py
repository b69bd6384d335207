"""The learning map says of every chapter what the chapter says of itself."""

import re

from tools.book import LANGUAGES, ROOT, SOURCES
from tools.book.measured import headings
from tools.book.source import read

MAP = read(ROOT / "book" / "appendices" / "learning_map.md")
TEXT = {
    language: "\n".join(cell.text for cell in MAP.cells if cell.language == language)
    for language in LANGUAGES
}
CHAPTERS = {c.number: c for c in map(read, SOURCES.glob("*.md")) if c.number}
READING = {"ko": r"(?:읽고 듣는|읽고 푸는) 데 (\d+)분쯤", "en": r"Allow (\d+) minutes"}
FIRST = {"ko": r"(\d+)장", "en": r"chapter (\d+)"}


def opening(number, language):
    return next(c.text for c in CHAPTERS[number].cells if c.language == language)


def times(numbers):
    reading = sum(int(re.search(READING["en"], opening(one, "en"))[1]) for one in numbers)
    minutes = [heading.minutes for one in numbers for heading in headings(CHAPTERS[one], "en")]
    return reading, sum(minutes)


def listed(text):
    return [int(one) for one in re.findall(r"\d+", text)]


def test_every_chapter_has_its_row():
    for language in LANGUAGES:
        rows = re.findall(
            r"(?m)^\| \[(\d+)\]\((\w+)\.ipynb\) \| (.*) \| (.*) \| (\d+) \| (\d+) \|$",
            TEXT[language],
        )
        assert [int(row[0]) for row in rows] == sorted(CHAPTERS)
        for number, name, title, first, reading, exercises in rows:
            chapter, text = CHAPTERS[int(number)], opening(int(number), language)
            assert name == chapter.name and text.split("\n")[0].endswith(title)
            needed = re.findall(FIRST[language], text[text.index("{measured}") :])
            assert listed(first) == sorted({int(one) for one in needed}), name
            assert re.search(READING[language], text)[1] == reading
            assert times([int(number)]) == (int(reading), int(exercises))


def test_the_routes_have_the_times_of_their_chapters_and_are_those_of_the_picture():
    for language in LANGUAGES:
        rows = re.findall(r"(?m)^\| (?!\[)(.*) \| ([\d, –]+) \| (\d+) \| (\d+) \|$", TEXT[language])
        routes = [listed(row[1]) for row in rows]
        assert len(rows) == 6 and routes[-1] == [1, max(CHAPTERS)]
        routes[-1] = list(CHAPTERS)
        assert [times(one) for one in routes] == [(int(row[2]), int(row[3])) for row in rows]
        # A column of the picture for each of the four routes of a weekend.
        columns: dict[str, list[int]] = {}
        for x, number in re.findall(
            r'<text x="(\d+)" y="[\d.]+"><tspan font-weight="700">(\d+)</tspan>', TEXT[language]
        ):
            columns.setdefault(x, []).append(int(number))
        both = columns.pop("180")
        assert both == [1, 2] and [both + one for one in columns.values()] == routes[1:5]


def test_the_hours_in_the_text():
    reading, exercises = times(CHAPTERS)
    assert round(2 * reading / 60) / 2 == 19 and round(exercises / 60) == 35
    assert -(-len(CHAPTERS) // 2) == 14
    assert "nineteen hours" in TEXT["en"] and "열아홉 시간" in TEXT["ko"]
    weekend = [
        times(listed(row))[0] for row in re.findall(r"a weekend: [^|]*\| ([\d, ]+)", TEXT["en"])
    ]
    assert 320 <= min(weekend) and max(weekend) <= 390
    assert times([1, 2, 5, 18])[0] <= 180


def test_a_box_of_the_picture_opens_its_chapter():
    for language in LANGUAGES:
        boxes = re.findall(r'<a href="(\w+)\.html">.*?>(\d+)</tspan>', TEXT[language])
        assert len(boxes) == 27 and all(CHAPTERS[int(n)].name == name for name, n in boxes)
