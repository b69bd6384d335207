"""Chapter 26's checkers: right answers pass however they are written.

That wrong ones are named is proved for every exercise at once, in test_every_exercise.py.
"""

import numpy as np
import torch

from tinyaudio.exercises.growing_up import (
    check_accumulated_step,
    check_averaged_gradient,
    check_noise_rows,
)


def test_answers_pass_however_they_are_written():
    assert check_averaged_gradient(lambda g, n: n @ g / n.sum())
    assert check_averaged_gradient(lambda g, n: np.average(np.asarray(g), 0, np.asarray(n)))

    def step(gradient, w, parts, rate):
        total = torch.zeros_like(w)
        for part in parts:
            total += gradient(w, part) / len(parts)
        return w - rate * total

    assert check_accumulated_step(step)
    assert check_accumulated_step(
        lambda gradient, w, parts, rate: w - rate * gradient(w, parts.flatten(0, 1))
    )
    assert check_noise_rows(
        lambda n, rank, world_size, seed: torch.randn(
            n, 16, generator=torch.Generator().manual_seed(seed)
        ).chunk(world_size)[rank]
    )
