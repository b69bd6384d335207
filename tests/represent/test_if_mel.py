"""Mel bands of magnitude and phase: the published way against a slow computation, and ours, which returns."""

import math

import numpy as np
import pytest
import torch

from tinyaudio.data.notes import Notes
from tinyaudio.represent.if_mel import (
    approximate_inverse,
    from_complex_mel,
    from_if_mel,
    mel_matrix,
    to_complex_mel,
    to_if_mel,
)
from tinyaudio.represent.ifreq import centre_phase, instantaneous_frequency, wrap
from tinyaudio.represent.spectrum import istft, stft


def published_matrix(n_bins):
    """The released code's, triangle by triangle, weight by weight."""

    def hz(mel):
        return 700 * (math.exp(mel / 1127) - 1)

    top = 1127 * math.log(1 + 8_000 / 700)
    points = [top * i / (n_bins + 1) for i in range(n_bins + 2)]
    for i in range(n_bins):  # points are shared by neighbouring triangles, as in the released code
        if hz(points[i + 2]) - hz(points[i]) < 1.5 * 8_000 / n_bins:
            ratio = 0.5 * 1.5 * 8_000 / n_bins / (hz(points[i + 1]) + 700)
            reach = 1127 * math.log(ratio + math.sqrt(1 + ratio**2))
            points[i], points[i + 2] = points[i + 1] - reach, points[i + 1] + reach
    matrix = np.zeros((n_bins, n_bins))
    for k in range(1, n_bins):
        f = 8_000 * k / (n_bins - 1)
        for i in range(n_bins):
            low, middle, high = (hz(p) for p in points[i : i + 3])
            matrix[k, i] = max(0, min((f - low) / (middle - low), (high - f) / (high - middle)))
    return matrix


def test_the_matrix_is_the_released_one():
    np.testing.assert_allclose(mel_matrix(128).numpy(), published_matrix(128), atol=1e-9)


def test_facts_of_the_matrix_of_1024_bands():
    matrix = mel_matrix(1024)
    assert torch.linalg.matrix_rank(matrix).item() == 811
    by_band, by_bin = matrix.sum(0), matrix.sum(1)
    assert (by_band == 0).nonzero().flatten().tolist() == [0]
    assert (by_bin == 0).nonzero().flatten().tolist() == [0, 1023]
    assert by_band.max().item() == pytest.approx(2.76, abs=0.005)
    assert by_band.median().item() == pytest.approx(0.72, abs=0.005)
    error = matrix @ approximate_inverse(1024) - torch.eye(1024)
    assert error.norm().item() / 32 == pytest.approx(0.51, abs=0.005)


def test_if_mel_is_the_published_one_computed_by_numpy():
    """Power for magnitude, the *unwrapped* phase, and the diagonal approximation on the way back."""
    rng = np.random.default_rng(0)
    log_magnitude, frequency = rng.normal(-3, 2, (9, 64)), rng.uniform(-1, 1, (9, 64))
    matrix = published_matrix(64)
    power = np.exp(log_magnitude) ** 2 @ matrix
    phase = np.cumsum(np.pi * frequency, axis=0) @ matrix
    turn = np.diff(np.unwrap(phase, axis=0), axis=0, prepend=0) / np.pi
    turn[0] = phase[0] / np.pi
    level, ours = to_if_mel(torch.from_numpy(log_magnitude), torch.from_numpy(frequency))
    np.testing.assert_allclose(level.numpy(), np.log(power + 1e-6), atol=1e-9)
    assert wrap(ours - torch.from_numpy(turn)).abs().max() < 1e-9
    np.testing.assert_allclose(ours[0].numpy(), turn[0], atol=1e-9)

    product = matrix @ matrix.T
    scale = [1 / x if abs(x) > 1e-8 else x for x in product.sum(axis=0)]
    inverse = matrix.T @ np.diag(scale)
    np.testing.assert_allclose(approximate_inverse(64).numpy(), inverse, atol=1e-9)
    back, back_turn = from_if_mel(level, ours)
    wanted = 0.5 * np.log((power + 1e-6) @ inverse + 1e-6)
    np.testing.assert_allclose(back.numpy(), wanted, atol=1e-9)
    phase = np.cumsum(np.pi * ours.numpy(), axis=0) @ inverse
    turn = torch.from_numpy(np.diff(np.unwrap(phase, axis=0), axis=0) / np.pi)
    assert wrap(back_turn[1:] - turn).abs().max() < 1e-9


def test_the_mel_of_the_wrapped_phase_is_another_one():
    """As a public port has it: the same only where the phase never leaves its first turn."""
    phase = stft(Notes(1, seconds=0.5)[0]["audio"][0].double()).angle()[:512].T  # (N, F)
    matrix = mel_matrix(512)
    frequency = instantaneous_frequency(phase.T).T
    _, ours = to_if_mel(torch.zeros_like(phase), frequency)
    wrapped = instantaneous_frequency((phase @ matrix).T).T
    # Equal only in a band of a single bin, and in a frame to which no bin of the band wrapped.
    assert (wrap(ours - wrapped).abs() > 0.01).double().mean() > 0.3
    small = 0.001 * phase
    _, ours = to_if_mel(torch.zeros_like(phase), instantaneous_frequency(small.T).T)
    assert wrap(ours - instantaneous_frequency((small @ matrix).T).T).abs().max() < 1e-9


@pytest.fixture(scope="module")
def notes():
    made = Notes(8, seconds=2.0)
    return torch.stack([made[i]["audio"][0] for i in range(8)])


def snr_db(wanted, given):
    return 20 * torch.log10(wanted.norm(dim=1) / (wanted - given).norm(dim=1))


def returned(notes, process):
    spectrum = centre_phase(stft(notes, 1024, 256))
    below = process(spectrum[:, :-1])  # half the sample rate stays as it is
    whole = torch.cat([below, spectrum[:, -1:]], dim=1)
    return snr_db(notes, istft(centre_phase(whole), 256, notes.shape[1]))


def test_complex_mel_returns_above_40_db_and_the_published_one_below_15(notes):
    ours = returned(notes, lambda X: from_complex_mel(to_complex_mel(X)))
    assert ours.median() > 40 and ours.min() > 25

    def published(X):
        turn = instantaneous_frequency(X.angle()).transpose(1, 2)
        mels = to_if_mel((X.abs() + 1e-6).log().transpose(1, 2), turn)
        level, turn = (one.transpose(1, 2) for one in from_if_mel(*mels))
        return torch.polar(level.exp(), math.pi * turn.cumsum(2))

    assert returned(notes, published).median() < 15


def test_from_the_start_of_the_frame_complex_bins_cancel(notes):
    def from_start(X):
        return centre_phase(from_complex_mel(to_complex_mel(centre_phase(X))))

    assert returned(notes, from_start).median() < 32


def test_complex_mel_keeps_the_lowest_bin():
    spectrum = torch.zeros(512, 2, dtype=torch.complex128)
    spectrum[0] = 1 + 2j
    torch.testing.assert_close(from_complex_mel(to_complex_mel(spectrum)), spectrum)
