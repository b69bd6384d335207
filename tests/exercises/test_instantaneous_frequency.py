"""Chapter 15's checkers: right answers pass however they are written, the package's own among them."""

import math

import numpy as np
import torch

from tinyaudio.exercises.instantaneous_frequency import (
    check_frequency,
    check_mel_frequency,
    check_spectrum,
    check_turn,
)
from tinyaudio.represent.ifreq import instantaneous_frequency, phase_from_frequency, wrap


def test_the_package_s_functions_are_right_answers():
    assert check_turn(lambda f, h, r: float(wrap(torch.tensor(2 * f * h / r).double())))
    assert check_frequency(instantaneous_frequency)
    assert check_spectrum(lambda level, turn: torch.polar(level.exp(), phase_from_frequency(turn)))


def test_turn_passes_by_subtraction_and_by_rounding():
    def by_loop(f_hz, hop_length, sample_rate):
        half_turns = 2 * f_hz * hop_length / sample_rate
        while half_turns > 1:
            half_turns -= 2
        return half_turns

    assert check_turn(by_loop)
    assert check_turn(lambda f, h, r: 2 * f * h / r - 2 * math.ceil(f * h / r - 0.5))


def test_frequency_passes_by_unwrapping():
    def by_numpy(phase):
        unwrapped = np.unwrap(phase.numpy(), axis=1)
        return np.diff(unwrapped, axis=1, prepend=0) / np.pi

    def by_products(phase):
        z = torch.polar(torch.ones_like(phase), phase)
        turn = (z[:, 1:] * z[:, :-1].conj()).angle()
        return torch.cat([phase[:, :1], turn], 1) / torch.pi

    assert check_frequency(by_numpy) and check_frequency(by_products)


def test_mel_frequency_passes_from_unwrapped_phase_and_from_frequency():
    def by_numpy(phase, matrix):
        mel = matrix.numpy().T @ np.unwrap(phase.numpy(), axis=1)
        return np.diff(np.unwrap(mel, axis=1), axis=1, prepend=0) / np.pi

    def by_frequency(phase, matrix):
        summed = matrix.T @ instantaneous_frequency(phase)
        return torch.cat([summed[:, :1], wrap(summed[:, 1:])], 1)

    assert check_mel_frequency(by_numpy) and check_mel_frequency(by_frequency)


def test_spectrum_passes_by_cosine_and_sine():
    def by_parts(level, turn):
        phase = torch.pi * turn.cumsum(1)
        return level.exp() * (phase.cos() + 1j * phase.sin())

    assert check_spectrum(by_parts)
