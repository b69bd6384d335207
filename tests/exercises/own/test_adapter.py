"""Adapters that are wrong are told so, by the weight that is."""

import pytest

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
    ("    return mine", "    return None", "Not written yet: build, weights"),
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
