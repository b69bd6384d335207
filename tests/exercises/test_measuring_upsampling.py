"""Chapter 22's distance and its number of trials: right answers pass however they are written.

The other checkers of the chapter are in test_upsampling.py; that wrong answers are named is proved for every
exercise at once, in test_every_exercise.py.
"""

import math

import pytest
import scipy
import torch

from tinyaudio.exercises.measuring_upsampling import check_lsd, check_trials
from tinyaudio.metrics.listening import abx_p
from tinyaudio.metrics.upsampling import LSD_NUWAVE, log_spectral_distance, power


def test_the_distance_passes_as_decibels_over_ten_and_frame_by_frame():
    def in_decibels(P, P_hat, floor):
        db, db_hat = (10 * torch.maximum(one, torch.tensor(floor)).log10() for one in (P, P_hat))
        return (db - db_hat).square().mean(0).sqrt().mean() / 10

    def frame_by_frame(P, P_hat, floor):
        total = 0.0
        for frame, frame_hat in zip(P.T.tolist(), P_hat.T.tolist(), strict=True):
            pairs = zip(frame, frame_hat, strict=True)
            squares = [math.log10(max(a, floor) / max(b, floor)) ** 2 for a, b in pairs]
            total += math.sqrt(sum(squares) / len(squares))
        return total / P.shape[1]

    assert check_lsd(in_decibels) and check_lsd(frame_by_frame)


def test_it_is_the_distance_of_the_package():
    y, y_hat = torch.randn(2, 8_192, generator=torch.Generator().manual_seed(0)) / 100
    powers = [power(one, LSD_NUWAVE, None, None) for one in (y, y_hat)]

    def distance(P, P_hat, floor):
        logs = P.clamp(min=floor).log10() - P_hat.clamp(min=floor).log10()
        return logs.square().mean(0).sqrt().mean()

    assert check_lsd(distance)
    assert float(distance(*powers, 1e-8)) == pytest.approx(
        log_spectral_distance(y_hat, y, LSD_NUWAVE)
    )


def test_the_trials_pass_by_scipy():
    def by_scipy(ability, alpha, power):
        for n in range(1, 500):
            k = int(scipy.stats.binom.isf(alpha, n, 0.5)) + 1
            if k <= n and scipy.stats.binom.sf(k - 1, n, ability) >= power:
                return n
        raise AssertionError("not so many")

    assert check_trials(by_scipy)


def test_five_trials_are_the_least_for_a_listener_who_is_never_wrong():
    assert abx_p(5, 5) <= 0.05 < abx_p(4, 4)
