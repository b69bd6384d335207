"""What of a cell is run: all of one that asks a checker, of others what is quick and gives a name."""

import pytest

from tools.assignments.cells import run_cell

ADDED = """
%matplotlib inline
import math
TAPS: int = 3
rate: float
SCALE = math.sqrt(2 * math.pi) * float("1") + torch.arange(4).float().sum().item()
NAMES = ", ".join(["a", "b"])
louder = lambda x: train(2 * x)
mean = data.mean
half = TAPS / 0
def helper(x): return x
model = train(helper)
history: list = train(helper)
print("never")
"""


def test_of_an_added_cell_quick_definitions_run_each_by_itself():
    torch = pytest.importorskip("torch")
    called = []
    names = {"train": called.append, "torch": torch}
    with pytest.raises(ZeroDivisionError):  # told, but what follows is there; missing data is not
        run_cell(ADDED, False, names)
    assert names["TAPS"] == 3 and names["NAMES"] == "a, b" and 8 < names["SCALE"] < 9
    assert names["helper"](1) == 1 and callable(names["louder"])
    assert not called and not names.keys() & {"model", "history"}


def test_a_cell_that_asks_a_checker_runs_whole():
    called = []
    run_cell("%time\nx = train(1)\nfor i in range(2): train(i)", True, {"train": called.append})
    assert called == [1, 0, 1]
