"""What the instructors' page says, compared with the chapters, the tools and arithmetic."""

import math
import re

import nbformat
import pytest
import torch

import tinyaudio
from tinyaudio.represent import mulaw
from tools.assignments import key
from tools.book import ROOT, SOURCES
from tools.book.exercises import checkers, exercise_of, exercises, is_random
from tools.book.measured import headings
from tools.book.source import read

TEXT = (ROOT / "book" / "appendices" / "instructors.md").read_text(encoding="utf-8")
CHAPTERS = {chapter.number: chapter for chapter in map(read, SOURCES.glob("*.md"))}
ROW = re.compile(r"(?m)^\| (\d+) \| ([\d, ]+) \| (\d+) \| (\d+) \|$")


def measured(number):
    notebook = nbformat.read(ROOT / "book" / "ko" / f"{CHAPTERS[number].name}.ipynb", 4)
    return notebook.metadata["tinyaudio"]["measured"]


def test_the_plans_have_the_minutes_of_their_chapters():
    """Of the clock rounded up, with a fifth to spare, as the next execution differs a little."""
    rows = ROW.findall(TEXT)
    assert len(rows) == 2 * (6 + 12 + 15)
    for _, chapters, run, exercise in rows:
        numbers = [int(one) for one in chapters.split(",")]
        assert sum(measured(one)["seconds"] for one in numbers) <= 1.2 * 60 * int(run)
        minutes = [h.minutes for one in numbers for h in headings(CHAPTERS[one], "en")]
        assert sum(minutes) == int(exercise)
        assert max(measured(one)["memory_gb"] for one in numbers) < 2


def test_both_languages_have_the_same_plans_and_the_long_ones_leave_no_chapter_of_their_parts_out():
    rows = ROW.findall(TEXT)
    assert rows[:33] == rows[33:]
    for plan, n_chapters in ((rows[6:18], 22), (rows[18:33], 28)):
        numbers = [int(one) for row in plan for one in row[1].split(",")]
        assert numbers == [*range(1, n_chapters + 1)]


def test_the_exercises_with_fixed_cases_are_counted():
    fixed = {
        f"{number}.{i}"
        for number, chapter in CHAPTERS.items()
        for i, one in enumerate(exercises(chapter), 1)
        if not is_random(exercise_of(checkers(chapter.name)[one.checker]))
    }
    assert {"4.4", "11.1", "14.3"} <= fixed
    total = sum(len(exercises(chapter)) for chapter in CHAPTERS.values())
    assert f"연습 {total}개 가운데 {len(fixed)}개는 입력이" in TEXT
    assert f"Of the {total} exercises, {len(fixed)} have fixed inputs" in TEXT
    assert f"cases are fixed: {len(fixed)} of {total}." in (key.__doc__ or "")


def test_the_rubric_names_every_open_problem_with_its_minutes():
    heading = r"(?m)^### (?:열린 문제|Open problem) (\d+\.\d+) .+ \(★+, (\d+)(?:분| minutes)\)$"
    wanted = {
        language: [
            found
            for _, chapter in sorted(CHAPTERS.items())
            for cell in chapter.cells
            if cell.kind == "markdown" and cell.language == language
            for found in re.findall(heading, cell.text)
        ]
        for language in ("ko", "en")
    }
    assert wanted["ko"] == wanted["en"] and len(wanted["ko"]) >= 20
    assert re.findall(r"(?m)^\| (\d+\.\d+) \| (\d+) \| .+ \|$", TEXT) == 2 * wanted["ko"]
    without = {number for number, chapter in CHAPTERS.items() if exercises(chapter)}
    without -= {int(number.split(".")[0]) for number, _ in wanted["ko"]}
    assert without == {1, 2, 3, 5, 7}


def test_the_commands_are_there():
    assert TEXT.count(f"git clone --branch v{tinyaudio.__version__} ") == 2
    make = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(r"(?m)^assignments:", make) and "make assignments" in TEXT
    command = (ROOT / "tools" / "assignments" / "__main__.py").read_text(encoding="utf-8")
    used = set(re.findall(r"tools\.assignments ([\w-]+)", TEXT))
    assert used == {"key", "mark", "otter-check"} and all(
        re.search(rf'add_parser\(\s*"{one}"', command) for one in used
    )
    variables = set(re.findall(r" ([A-Z]+)=", TEXT))
    assert variables == {"TAG", "KEY", "OTTER"} and all(f"$({one})" in make for one in variables)
    options = set(re.findall(r"[ `](--[a-z][a-z-]+)", TEXT)) - {"--branch", "--name"}
    assert options and all(f'"{one}"' in command for one in options)


def test_the_answers_are_right():
    """Numbered as the questions are."""
    assert 16_000 - 10_000 == 6_000  # 1
    assert round(6.02 * 8 + 1.76, 1) == 49.9  # 2
    assert 16_000 / 1024 == 15.625 and 16_000 / 256 == 62.5  # 3
    assert round(math.log(3.55) / math.log(256), 3) == 0.228  # 4
    assert float(mulaw.compress(torch.tensor([0.01]))) == pytest.approx(0.228, abs=1e-3)
    reach = 1 + 3 * sum(2**i for i in range(10))  # 5
    assert reach == 3070 and round(reach / 16) == 192
    assert round(0.5 / math.log(2), 2) == 0.72  # 7
    assert 50 * math.log2(512) == 450 and round(math.log2(20), 2) == 4.32  # 8
    assert round(50 * math.log2(20)) == 216
    assert round(2 * math.log(2), 3) == 1.386  # 9
    assert 440 * 256 / 16_000 == pytest.approx(7.04)  # 11
    assert round(math.sqrt(0.75), 3) == 0.866  # 12
    for words in (
        "6,000 Hz",
        "49.9",
        "15.625 Hz",
        "0.228",
        "3070",
        "192 ms",
        "0.72",
        "450",
        "216",
        "1.386",
    ):
        assert TEXT.count(words) >= 2, words
