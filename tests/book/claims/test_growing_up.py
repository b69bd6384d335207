"""The numbers that chapter 26 states in its text."""

import json
import re

import nbformat
import pytest
import torch

from benchmarks.paper_runs import PEAK_TFLOPS, SIZES, UTILIZATION, hours
from tinyaudio.recipes import NAMES, load_recipe
from tools.book import ROOT, SOURCES

TEXT = (SOURCES / "growing_up.md").read_text(encoding="utf-8")
RECORDS = ROOT / "book" / "records"


def stated(*both):
    """These words stand in the text, Korean and English."""
    for words in both:
        assert words in TEXT, words


@pytest.fixture(scope="module")
def printed():
    """What the cells printed, in English."""
    cells = nbformat.read(SOURCES.parent / "en" / "growing_up.ipynb", 4).cells
    return "".join(one.get("text", "") for cell in cells for one in cell.get("outputs", []))


def test_halves_average_to_the_whole_and_do_not_sum_to_it(printed):
    stated("합은 두 배이므로 차이가 1", "a difference of 1")
    found = {k: float(v) for k, v in re.findall(r"(mean|sum|one): (\S+)\n", printed)}
    assert found["mean"] < 1e-5 and found["sum"] == 1.0
    stated("0.2만큼 다릅니다", "one half differs by 0.2")
    assert found["one"] == 0.2


def test_what_the_cells_print_is_what_the_text_says(printed):
    for line in (
        "shared noise is the batch's: True",
        "without, the same noise twice: True",
        "with batch norm over 1% apart: True",
        "the loss fell: True",
        "four parts, equal losses: True",
        "bfloat16: 1.0",
        "float32: 2.0",
        "bf16, equal losses: False",
        "within 5%: True",
        "655 s/s",
    ):
        assert line in printed, line
    stated("655초", "655 seconds")


def test_what_processes_send(printed):
    stated("252 MB는", "The 252 MB are", "초당 2.5 GB", "2.5 GB a second", "0.125 GB")
    assert "252 MB" in printed and round(0.252 * 10, 1) == 2.5 and 1 / 8 == 0.125


def test_numbers_of_bfloat16():
    stated("유효 숫자가 8비트", "8 significant bits", "$2^{-7}$", "0.0078")
    assert torch.finfo(torch.bfloat16).eps == 2**-7 == pytest.approx(0.0078, abs=2e-5)
    assert torch.finfo(torch.bfloat16).max > 1e38  # the exponent of float32


def rows():
    """The cells of the table of paper-size runs, of the English text."""
    table = TEXT[TEXT.index("| recipe | size |") :].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def test_the_table_is_the_record():
    record = json.loads((RECORDS / "paper-runs.json").read_text())
    stated("312 TFLOP/s", "20%")
    assert (PEAK_TFLOPS, UTILIZATION) == (312.0, 0.2) and record["run_here"] is False
    assert {row[0] for row in rows()} == record["recipes"].keys()
    number = lambda cell: float(cell.replace(",", ""))  # noqa: E731
    for name, size, parameters, batch, steps, tflops, n_hours, dollars in rows():
        one = record["recipes"][name]
        config = load_recipe(name).sizes[size]
        assert size == one["size"] == SIZES[name]
        assert number(parameters) == pytest.approx(one["parameters"] / 1e6, abs=0.06)
        assert int(batch) == one["batch"] == config.batch_size
        assert number(steps) * 1e3 == one["steps"] == config.steps
        assert number(tflops) == pytest.approx(one["flops_a_step"] / 1e12, rel=0.06)
        expected = hours(one["flops"], PEAK_TFLOPS, UTILIZATION)
        assert number(n_hours) == pytest.approx(expected, rel=0.06)
        assert number(dollars) == pytest.approx(2 * expected, rel=0.06)


def test_what_bfloat16_is_said_to_save_is_the_record():
    recipes = json.loads((RECORDS / "precision.json").read_text())["recipes"]
    ratios = {k: v["bf16_over_float32"] for k, v in recipes.items() if "bf16_over_float32" in v}
    best, worst = min(ratios, key=ratios.get), max(ratios, key=ratios.get)
    stated(
        f"has {len(ratios)} recipes at their smallest size, of which {sum(r < 0.9 for r in ratios.values())} took",
        f"`{best}` with {ratios[best]:.2f} of that time",
        f"the worst `{worst}` with {ratios[worst]:.2f}",
        f"{ratios[best]:.2f}배가 걸린 `{best}`",
        f"{ratios[worst]:.2f}배가 걸린 `{worst}`",
    )
    assert len(ratios) == len(recipes) == len(NAMES)
    changes = {k: v["loss_changes_by"] for k, v in recipes.items()}
    assert round(changes.pop("hifigan"), 2) == 0.18 and max(changes.values()) < 0.006
    stated("0.6%도", "less than 0.6%", "`hifigan`의 18%", "`hifigan` with 18%")
