"""Adapters that are wrong are told so, by the weight that is."""

import pytest
import torch

from tests.exercises.own.conftest import shipped
from tinyaudio.errors import UserError

WRONG = [
    (
        '("out", "logits"))',
        '("out", "head.1"))',
        "out.weight is (64, 64, 1) from weights(), but (256, 64, 1)",
    ),
    ('"code.weight": shipped["embed.weight"],', "", "leaves out code.weight"),
    (
        '"code.weight": shipped',
        '"codes": 0 * shipped["skip.bias"], "code.weight": shipped',
        "gives codes",
    ),
    ("= taps.mT", "= taps.mT.abs() * 0 + 5", "layers.0.gate.weight"),
    (
        'mine[f"{name}.bias"] = shipped[f"{theirs}.bias"]',
        'mine[f"{name}.bias"] = shipped["skip.bias" if name == "hidden" else f"{theirs}.bias"]',
        "does not use all of the shipped head.1.bias",
    ),
]


@pytest.mark.parametrize(("old", "new", "words"), WRONG)
def test_the_weight_is_named(judged, old, new, words):
    last = judged("own-wavenet", (old, new))[-1]
    assert not last and words in last.message


def test_a_weight_that_the_book_does_not_have_is_named(judged):
    last = judged(
        "own-wavenet",
        ("self.residual =", "self.more = nn.Parameter(torch.ones(3))\n        self.residual ="),
        ("zs.append(z)", "zs.append(z * self.more.mean())"),
        ("mine = {", 'mine = {"more": 0 * shipped["skip.bias"][:3],'),
    )[-1]
    assert not last and last.message.startswith("more holds numbers that are none of the shipped")


def test_numbers_above_all_of_the_book_are_named_too(judged):
    last = judged(
        "own-wavenet",
        ("self.residual =", "self.more = nn.Parameter(torch.ones(3))\n        self.residual ="),
        ("zs.append(z)", "zs.append(z * self.more.mean())"),
        ("mine = {", 'mine = {"more": 1e6 + shipped["skip.bias"][:3],'),
    )[-1]
    assert not last and last.message.startswith("more holds numbers that are none of the shipped")


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("None", "NoneType; return a dictionary"),
        ("list(mine.items())", "list; return a dictionary"),
        ('mine | {"code.weight": 1.0}', "float"),
    ],
)
def test_something_else_than_a_dictionary_of_tensors_is_refused(judged, result, words):
    with pytest.raises(UserError, match=f"returns {words}"):
        judged("own-wavenet", ("    return mine", f"    return {result}"))


def test_an_adapter_that_writes_into_the_shipped_weights_does_not_change_them(judged):
    before = {key: value.clone() for key, value in shipped("own-critic").state_dict().items()}
    bias = "shipped['score.bias']"
    write = f"    {bias} += {bias}.dtype == torch.float32\n"  # into weights, not into numbers
    judged("own-critic", ("    mine = {name", f"{write}    mine = {{name"))
    after = shipped("own-critic").state_dict()
    assert all(torch.equal(after[key], value) for key, value in before.items())
