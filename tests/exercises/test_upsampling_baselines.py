"""Chapter 20's shuffle: right answers pass however they are written, and the package's is one of them.

The other checkers of the chapter are in test_upsampling.py; that wrong answers are named is proved for every
exercise at once, in test_every_exercise.py.
"""

import torch

from tinyaudio.exercises.upsampling_baselines import check_shuffle
from tinyaudio.models.audiounet import subpixel_shuffle


def test_the_package_s_shuffle_passes():
    assert check_shuffle(lambda x, r: subpixel_shuffle(x[None], r)[0])


def test_the_shuffle_passes_by_slices_and_by_a_stack():
    def by_slices(x, r):
        y = x.new_zeros(len(x) // r, r * x.shape[1])
        for k in range(r):
            y[:, k::r] = x[k * len(y) : (k + 1) * len(y)]
        return y

    def by_a_stack(x, r):
        return torch.stack(x.chunk(r), dim=-1).flatten(1)

    assert check_shuffle(by_slices) and check_shuffle(by_a_stack)
