"""Refinement: a fixed point at a sound's own spectrogram, levels of the mel, and rounds that bring nearer."""

import pytest
import torch

from tinyaudio.represent.logmel import filterbank, from_log_mel, log_mel
from tinyaudio.represent.refine import refine, unit
from tinyaudio.represent.spectrum import istft, stft

RATE = 16_000


@pytest.fixture(scope="module")
def noise():
    return 0.1 * torch.randn(1, 8_192, generator=torch.manual_seed(0))


def test_a_sound_s_own_spectrogram_stays(noise):
    spectrum, frames = stft(noise), log_mel(noise[:, None], RATE)
    for momentum in (0.0, 0.99):
        kept = refine(spectrum, frames, RATE, n_match=0, n_rounds=3, momentum=momentum)
        torch.testing.assert_close(kept, spectrum, atol=1e-3, rtol=1e-2)  # unit() is below 1
        torch.testing.assert_close(istft(kept), noise, atol=1e-4, rtol=0)


def test_no_round_keeps_the_phase_and_matching_gives_the_levels(noise):
    frames = log_mel(noise.cumsum(1)[:, None] / 10, RATE)
    spectrum = stft(noise)
    found = refine(spectrum, frames, RATE, n_match=10, n_rounds=0)
    inner = slice(1, -1)  # no band has 0 Hz or half the sample rate
    torch.testing.assert_close(unit(found)[:, inner], unit(spectrum)[:, inner], atol=1e-2, rtol=0)
    error_db = 20 * torch.log10(filterbank(RATE) @ found.abs() / from_log_mel(frames))
    assert error_db.abs().mean() < 0.2


def test_every_round_brings_it_nearer_to_a_spectrogram(noise):
    """Griffin and Lim's theorem: what istft and stft change does not grow."""
    magnitude, frames = stft(noise).abs(), log_mel(noise[:, None], RATE)
    phase = torch.rand(magnitude.shape, generator=torch.manual_seed(1)) * 6.28
    start = torch.polar(magnitude, phase)

    def inconsistency(n_rounds):
        found = refine(start, frames, RATE, n_match=0, n_rounds=n_rounds)
        return (stft(istft(found)) - found).norm().item()

    errors = [inconsistency(n) for n in (0, 1, 2, 4, 8)]
    assert errors == sorted(errors, reverse=True) and errors[-1] < 0.7 * errors[0]


def test_gradients_are_finite_also_of_silence():
    spectrum = torch.zeros(1, 513, 9, dtype=torch.complex64, requires_grad=True)
    refine(
        spectrum, torch.full((1, 80, 9), -1.0), RATE, n_match=4, n_rounds=2
    ).abs().sum().backward()
    assert spectrum.grad.isfinite().all()


def test_frames_of_silence_become_silent_and_no_other(noise):
    frames = log_mel(noise[:, None], RATE)
    frames[:, :, 5] = -1
    frames[:, 1:, 7] = -1
    found = refine(stft(noise), frames, RATE, n_match=4, n_rounds=2).abs().sum(1)[0]
    assert found[5] == 0 and (found[[4, 6, 7]] > 0.1).all()
