"""Chapter 4's checkers: wrong answers to be caught, right ones however they are written."""

import torch

from tinyaudio.exercises.dilated_causal_convolution import (
    check_best_weight,
    check_first_residual,
    check_gain_db,
)


def shifted(x):
    return torch.cat([torch.zeros_like(x[..., :1]), x[..., :-1]], dim=-1)


# Typical wrong answers, and words of what their authors are told (see test_every_exercise.py).
WRONG = {
    "check_gain_db": [
        (lambda x, e: 20 * ((x**2).mean() / (e**2).mean()).log10(), "not by 20"),
        (lambda x, e: 10 * ((x**2).mean() / (e**2).mean()).log(), "natural"),
        (lambda x, e: 10 * ((e**2).mean() / (x**2).mean()).log10(), "swapped"),
    ],
    "check_first_residual": [
        (lambda x, a: x + a * shifted(x), "not added"),
        (lambda x, a: (1 - a) * x, "from itself"),
        (lambda x, a: x - a * shifted(x.flip(-1)).flip(-1), "wrong way"),
        (lambda x, a: x[:, 1:] - a * x[:, :-1], "first sample is missing"),
    ],
    "check_best_weight": [
        (lambda x: 1, "depends on the sound"),
        (lambda x: (x[:, 1:] * x[:, :-1]).sum(), "denominator is missing"),
        (lambda x: (shifted(x) ** 2).sum() / (shifted(x) * x).sum(), "swapped"),
        (lambda x: -(x * shifted(x)).sum() / (shifted(x) ** 2).sum(), "sign"),
    ],
}


def test_answers_pass_however_they_are_written():
    assert check_gain_db(lambda x, e: 20 * (x.norm() / e.norm()).log10())
    assert check_first_residual(lambda x, a: x - a * shifted(x))
    assert check_best_weight(
        lambda x: torch.linalg.lstsq(shifted(x).T.double(), x.T.double()).solution.item()
    )
