"""Files that are right, and the same with a planted mistake."""

from functools import cache
from pathlib import Path

import pytest

from tinyaudio.checkpoints import pretrained
from tinyaudio.exercises.own import load_system
from tinyaudio.exercises.own.file import read_file
from tinyaudio.exercises.own.system import results

RIGHT = Path(__file__).parent / "right"


@cache
def shipped(name):
    system = load_system(name)
    return pretrained(system.shipped, system.network)


@pytest.fixture
def judged(tmp_path):
    """The results of a right file in which some words were replaced by others."""

    def judge(name, *replaced):
        file = f"my_{name.removeprefix('own-')}.py"
        text = (RIGHT / file).read_text(encoding="utf-8")
        for old, new in replaced:
            assert old in text, f"{file} has no {old!r}"
            text = text.replace(old, new)
        (tmp_path / file).write_text(text, encoding="utf-8")
        system = load_system(name)
        own = read_file(tmp_path / file, system.functions)
        return [*results(system, own, shipped(name))]

    return judge
