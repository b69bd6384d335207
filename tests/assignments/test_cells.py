"""What of a cell is run: all of one that asks a checker, of others what is quick and gives a name."""

import pytest

from tools.assignments.cells import not_run, run_cell

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


BLOCKS = """
S = 1; S *= 3
TABLE = {}
for i in range(3):
    TABLE[i] = i * S
LIST = []
for i in range(3): LIST.append(i)
if S > 1:
    def helper(x): return x + S
try:
    import nothing_of_this_name as fast
except ImportError:
    import math as fast
with torch.no_grad():
    HALF = torch.ones(2) / 2
"""
SLOW = """
for i in range(3): train(i)
while True: pass

def f(x=train(1)):
    while x: train(x)
@train
def g(x): return x
class C:
    y = train(2)
    def h(self): return train(3)
class D:
    def h(self): return train(3)
print(train(4))
fill(TABLE)
lambda x=train(5): x
"""


def test_blocks_and_loops_that_call_nothing_slow_run():
    names = {"torch": pytest.importorskip("torch")}
    run_cell(BLOCKS, False, names)
    assert names["S"] == 3 and names["TABLE"] == {0: 0, 1: 3, 2: 6} and names["LIST"] == [0, 1, 2]
    assert names["helper"](1) == 4 and names["fast"].sqrt(4) == 2 and names["HALF"].sum() == 1
    assert not_run(BLOCKS) == []


def test_loops_of_the_chapters_own_cells_wait():
    names = {}
    run_cell("N = 2\nfor i in range(3): N += i", False, names, handed_out=True)
    assert names["N"] == 2


def test_what_may_take_long_is_not_run_and_its_line_is_said():
    """Default arguments, decorators and the bodies of classes run at once; bodies of functions wait."""
    called, names = [], {"train": lambda x: called.append(x) or x, "TABLE": {}}
    run_cell(SLOW, False, names)
    assert not called and "D" in names and not names.keys() & {"f", "g", "C"}
    assert not_run(SLOW) == [2, 3, 5, 8, 9, 15, 16]
