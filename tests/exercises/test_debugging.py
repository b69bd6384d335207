"""Chapter 28's checkers: right answers pass however they are written.

That wrong ones are named is proved for every exercise at once, in test_every_exercise.py.
"""

import math

import numpy as np
import torch
from torch.nn import functional as F

from tinyaudio.exercises.average_diagnosis import DIAGNOSIS
from tinyaudio.exercises.debugging import (
    check_diagnosis,
    check_initial_loss,
    check_shift_snr,
    check_used_codes,
)
from tinyaudio.exercises.initial_loss import INITIAL_LOSS
from tinyaudio.exercises.shift_snr import SHIFT_SNR
from tinyaudio.exercises.used_codes import USED_CODES
from tinyaudio.objectives.quantized import code_counts, perplexity
from tools.book.exercises import is_random


def losses_of_zero_logits(n_classes, weight):
    zeros, label = torch.zeros(1, n_classes), torch.tensor([0])
    return 2 * F.softplus(torch.zeros(())) + weight * F.cross_entropy(zeros, label)


def shifted_tone(f_hz, delay, sample_rate):
    """Of a complex tone, |1 - e^(-i w)|^2."""
    w = 2 * math.pi * f_hz * delay / sample_rate
    return -10 * np.log10(np.abs(1 - np.exp(-1j * w)) ** 2)


def last_of_two(update):
    """From the second step alone: 0.19, 0.99 and 0, at a decay of 0.9."""
    one = torch.ones(1, dtype=torch.float64)
    average = update(update(0 * one, one, 0.9), one, 0.9).item()
    return next((kind for kind, a in enumerate((0.19, 0.99, 0)) if abs(average - a) < 1e-6), 3)


def test_answers_pass_however_they_are_written():
    assert check_initial_loss(losses_of_zero_logits)
    assert check_initial_loss(lambda n, weight: np.log(4 * float(n) ** weight))
    assert check_used_codes(lambda codes, n: perplexity(code_counts(codes, n)))
    assert check_shift_snr(shifted_tone)
    assert check_diagnosis(last_of_two)


def test_no_average_tells_by_its_name_or_place_what_is_wrong_with_it():
    kinds = []
    for seed in range(3):
        updates = [case[0] for case in DIAGNOSIS.cases(torch.Generator().manual_seed(seed))]
        assert len({update.__name__ for update in updates}) == 1
        kinds.append([DIAGNOSIS.right(update) for update in updates])
        assert sorted(kinds[-1]) == [0, 0, 1, 2, 3, 3, 3, 3]
    assert kinds[0] != kinds[1] != kinds[2]


def test_the_cases_are_of_the_seed():
    assert all(is_random(one) for one in (DIAGNOSIS, INITIAL_LOSS, SHIFT_SNR, USED_CODES))
