"""What a submission's process is sent: questions, which hold no answers."""

import ast
import importlib
import json
import os
import re
import subprocess
import sys
from dataclasses import asdict

import numpy as np
import pytest
import torch

from tests.assignments.test_mark import check_named
from tools.assignments import key, notebooks
from tools.assignments.questions import Question, asked, defined, observe, question
from tools.assignments.tasks import chapters, handed_out, tasks
from tools.book import ROOT
from tools.book.exercises import checkers

CHAPTERS = chapters()
TASKS = [task for chapter in CHAPTERS for task in tasks(chapter)]


@pytest.mark.parametrize("task", TASKS, ids=[f"{one.number}-{one.checker}" for one in TASKS])
def test_a_question_holds_no_solution(task):
    """No solution in its source, no `Exercise`, and no wrong answers either."""
    source = question(task.check, 1).source
    assert "Exercise(" not in source and not re.search(r"\b(right|mistakes)=", source)
    body = [line.strip() for line in task.cells.solution.split("\n")]
    secret = [line for line in body if line.startswith("return ") and len(line) > 24]
    assert not any(line in source for line in secret)
    compile(source, "question", "exec")


def test_a_process_with_the_questions_holds_no_exercise():
    """All questions of the book are prepared as in a submission's process; then its memory is searched."""
    work = """
import gc, json, sys
from tools.assignments.questions import Question, asked
from tools.assignments.worker import HIDDEN, hide
kept = [asked(Question(**one)) for one in json.load(sys.stdin)]
hide(HIDDEN)
print(len(kept), [type(one).__name__ for one in gc.get_objects() if type(one).__name__ == "Exercise"])
"""
    sent = json.dumps([asdict(question(task.check, 1)) for task in TASKS])
    done = subprocess.run([sys.executable, "-c", work], input=sent, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)})  # fmt: skip
    assert done.stdout == f"{len(TASKS)} []\n", done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=[one.name for one in CHAPTERS])
def test_of_every_chapter_the_reference_passes_and_mistakes_are_named(
    chapter, tmp_path, monkeypatch
):
    """By the marker, and by the hidden tests that Otter runs."""
    key.write(tmp_path, chapter, key.seed_of(tmp_path, 20_261_129))
    check_named(key.read(tmp_path, chapter), chapter)
    notebooks.write(tmp_path / "made", chapter, tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "made" / "otter" / "en")
    for name in ("hidden", "questions"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    trouble = importlib.import_module("hidden").trouble
    for task in tasks(chapter):
        assert trouble(task.checker, key.reference(tmp_path, task)) == ""
        for mistake in key.exercise_of(task.check).mistakes:
            assert trouble(task.checker, mistake.answer) == mistake.english


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[one.name for one in CHAPTERS])
def test_what_is_handed_out_gives_no_exercise_an_answer(chapter):
    """Definitions in the book's own cells run as well, and are no answers."""
    given = {
        name
        for code in handed_out(chapter)
        for node in ast.parse(code).body
        for name in defined(node)
    }
    assert given and not given & {task.name for task in tasks(chapter)}


@pytest.mark.slow
@pytest.mark.parametrize("task", TASKS, ids=[f"{one.number}-{one.checker}" for one in TASKS])
def test_another_seed_asks_something_else_or_always_the_same(task):
    first, second, again = (observe(key.reference(task_folder, task), asked(question(task.check, seed)))
                            for task_folder in [key.Path("none")] for seed in (1, 2, 1))  # fmt: skip
    assert all(key.same(first[one], again[one], one, 1e-6) for one in first)
    assert first.keys() == second.keys()


def test_gradients_of_tensors_in_lists_are_observed():
    source = "CASES = lambda g: [([torch.ones(2), [torch.ones(2)]], 3)]\nEDGES = []\n"
    about = Question("import torch\n" + source + "RUN = SLOPED = WATCH = None", True, 0)
    found = observe(lambda x, n: (x[0].detach() * x[1][0]).sum() * n, asked(about))
    assert found["slope 0 0 0"].tolist() == [0, 0] and found["slope 0 0 1"].tolist() == [3, 3]


def test_gradients_are_observed_one_by_one():
    """Of each result by each argument; a seeded question of two losses."""
    source = "CASES = lambda g: [(torch.ones(2), torch.full((2,), 3.0))]\nEDGES = []\n"
    about = Question("import torch\n" + source + "RUN = SLOPED = WATCH = None", True, 0, ((1, 0),))
    found = observe(lambda x, y: ((x * y).sum(), (x.detach() * y).sum()), asked(about))
    assert found.keys() == {"case 0", "slope 0 0 0", "slope 0 0 1", "slope 0 1 1"}
    assert found["slope 0 0 0"].tolist() == [3, 3] and found["slope 0 1 1"].tolist() == [1, 1]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (3, "of type int, not a function"),
        (lambda *a: None, "nothing"),
        (lambda *a: "text", "of type str"),
        (lambda *a: [][1], "raised IndexError: list index out of range"),
        (lambda *a: torch.zeros(2_000_000), "2000000 numbers"),
    ],
)
def test_what_is_no_result_is_told_in_words(answer, words):
    check = checkers("vqvae")["check_nearest"]
    found = observe(answer, asked(question(check, 1)))
    assert str(found["case 0"]) == words and found["case 0"].dtype.kind == "U"


def test_results_of_narrow_types_are_widened():
    from tools.assignments.questions import as_array

    assert as_array(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32
