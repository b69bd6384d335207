"""Chapter 28's checkers: right answers pass however they are written.

That wrong ones are named is proved for every exercise at once, in test_every_exercise.py.
"""

import torch

from tinyaudio.exercises.debugging import (
    check_best_weight,
    check_first_residual,
    check_gain_db,
)


def shifted(x):
    return torch.cat([torch.zeros_like(x[..., :1]), x[..., :-1]], dim=-1)


def test_answers_pass_however_they_are_written():
    assert check_gain_db(lambda x, e: 20 * (x.norm() / e.norm()).log10())
    assert check_first_residual(lambda x, a: x - a * shifted(x))
    assert check_best_weight(
        lambda x: torch.linalg.lstsq(shifted(x).T.double(), x.T.double()).solution.item()
    )
