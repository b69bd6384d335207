"""What every chapter of the book keeps: exercises with solutions, outputs without accidents."""

import re

import nbformat
import pytest

from tools.book import LANGUAGES, ROOT, SOURCES
from tools.book.pages import NAMES, written
from tools.book.printed import parts_of
from tools.book.source import read

CHAPTERS = sorted(path.stem for path in SOURCES.glob("*.md"))
EDITIONS = [(name, language) for name in CHAPTERS for language in LANGUAGES]


def stored(name, language):
    return nbformat.read(ROOT / "book" / language / f"{name}.ipynb", 4)


def tags(cell):
    return cell.metadata.get("tags", [])


def shown(cell):
    """What a reader sees below a cell, as text."""
    texts = []
    for output in cell.outputs:
        data = output.get("data", {})
        plain = data.get("text/markdown") or data.get("text/plain") or output.get("text", "")
        texts.append(plain)
    return "".join(texts).strip()


def exercises(cells):
    """(exercise, the cell after it) of a notebook or a source."""
    return [
        (cells[i], cells[i + 1]) for i, cell in enumerate(cells[:-1]) if "exercise" in tags(cell)
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_contents_name_every_chapter_and_appendix_once(language):
    named = [name for _, names in parts_of(language) for name in names]
    appendices = [*NAMES, *(path.stem for path in written())]
    assert sorted(named) == sorted([*CHAPTERS, *appendices])
    assert all((ROOT / "book" / language / f"{name}.ipynb").exists() for name in named)


@pytest.mark.parametrize("name", CHAPTERS)
def test_every_exercise_has_its_solution_right_after_it(name):
    kinds = [
        next((tag for tag in cell.tags if tag in ("exercise", "solution")), "")
        for cell in read(SOURCES / f"{name}.md").cells
        if cell.kind == "code" or cell.language != "en"
    ]
    marked = "".join({"exercise": "e", "solution": "s", "": "."}[kind] for kind in kinds)
    assert re.fullmatch(r"(\.|es)*", marked), (
        f"an exercise without, or apart from, its solution: {marked}"
    )


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_the_stub_fails_and_the_solution_passes(name, language):
    for exercise, solution in exercises(stored(name, language).cells):
        assert "solution" in tags(solution) and "hide-cell" in tags(solution)
        assert shown(exercise).startswith("✘"), exercise.source
        assert shown(solution).startswith("✔"), solution.source
        # Both are put to the same question.
        asked = [re.findall(r"\bcheck_\w+\(\w+\)", cell.source) for cell in (exercise, solution)]
        assert asked[0] and asked[0] == asked[1]


def test_there_are_exercises_to_look_at():
    assert sum(len(exercises(stored(name, "ko").cells)) for name in CHAPTERS) >= 3


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_outputs_hold_no_error_no_warning_and_no_path_of_a_machine(name, language):
    for cell in stored(name, language).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error", cell.source
            assert output.get("name") != "stderr", output.get("text")
            seen = re.sub(r"base64,[\w+/=]+", "", str(output))
            assert not re.search(r"/(home|root|tmp|work|Users)/", seen), cell.source


@pytest.mark.parametrize(("name", "language"), EDITIONS)
def test_no_short_form_and_no_bracket_stands_twice(name, language):
    """What a term or a formula's number brings with it is not written once more: (IF) (IF), ((3.4))."""
    for cell in stored(name, language).cells:
        if cell.cell_type == "markdown":
            text = re.sub(r"</?a[^>]*>|\]\([^)]*\)", "", cell.source)
            found = re.search(r"\((\w+)\) ?\(\1\b|\(\[?\(\d+\.\d+\)\)", text)
            assert not found, found[0]


@pytest.mark.parametrize("name", CHAPTERS)
def test_the_english_edition_holds_no_hangul_in_code_or_outputs(name):
    for cell in stored(name, "en").cells:
        if cell.cell_type == "code":
            found = re.search("[가-힣⟦⟧]", str([cell.source, cell.outputs, cell.metadata]))
            assert not found, cell.source
