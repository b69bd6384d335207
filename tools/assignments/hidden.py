"""The hidden tests of an Otter autograder; it lies there as ``hidden.py``, beside ``questions.py`` and the key.

It compares with the key's arrays, and asks no checker that ships with the book.  Otter runs a submission and
its tests in one process, so that a submission that looks for them can read the answers; marking by
``python -m tools.assignments mark`` keeps them in another.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from questions import Question, asked, observe, same

HERE = Path(__file__).parent


def trouble(check: str, answer: Any) -> str:
    """What is wrong with an answer; nothing if it is right."""
    about = json.loads((HERE / "key.json").read_text(encoding="utf-8"))[check]
    with np.load(HERE / "key.npz", allow_pickle=False) as file:
        rows = [
            {name.split("/", 2)[2]: file[name] for name in file if name.startswith(f"{check}/{i}/")}
            for i in range(len(about["mistakes"]) + 1)
        ]
    given = observe(answer, asked(Question(**about["question"])))
    passed: list[str] = []
    for sort in ("case", "edge", "slope", "watch"):
        places = passed + [one for one in rows[0] if one.startswith(sort)]
        if not all(same(given.get(one), rows[0][one], one, about["tolerance"]) for one in places):
            for row, words in zip(rows[1:], about["mistakes"], strict=True):
                if all(
                    same(given.get(one), row.get(one), one, about["tolerance"]) for one in places
                ):
                    return str(words)
            return f"wrong in a hidden {sort}"
        passed = places
    if about["codes"] and any(given[one].dtype.kind in "fc" for one in passed):
        return "codes are integers"
    return ""
