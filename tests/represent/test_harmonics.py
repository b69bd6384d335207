"""A voice of harmonics: at the pitch, in its bands, with the minimal phase, and in step with a recording."""

import math

import pytest
import torch

from tinyaudio.represent import harmonics
from tinyaudio.represent.harmonics import HOP_LENGTH, harmonic_voice, in_step, minimal_phase
from tinyaudio.represent.logmel import log_mel
from tinyaudio.represent.oscillator import oscillator

RATE, N = 16_000, 40


def steady(hz, n_frames=N):
    return oscillator(torch.full((1, n_frames), hz), RATE, HOP_LENGTH)[0]


def vowel(n_frames=N, seed=0):
    """Mel bands that rise and fall smoothly, from band to band and slowly in time."""
    draws = torch.Generator().manual_seed(seed)
    rough = torch.rand(1, 1, 10, max(2, n_frames // 10), generator=draws)
    return torch.nn.functional.interpolate(rough, (80, n_frames), mode="bilinear")[0, 0]


def test_a_filter_of_one_pole_has_its_own_phase():
    """1 / (1 - a / z) answers at once and dies away: its phase is the minimal one, in closed form."""
    angle = math.pi * torch.arange(513.0) / 512
    response = 1 / (1 - 0.9 * torch.exp(-1j * angle))
    found = minimal_phase(response.abs()[None])[0]
    torch.testing.assert_close(found, response, atol=1e-4, rtol=1e-4)


def test_the_minimal_phase_keeps_magnitudes_and_answers_soonest():
    magnitude = vowel(20).T.repeat_interleave(7, dim=1)[:, :513].exp()
    spectrum = minimal_phase(magnitude)
    torch.testing.assert_close(spectrum.abs(), magnitude, rtol=1e-3, atol=1e-5)
    soon, other = (
        torch.fft.irfft(one).square().cumsum(1)
        for one in (spectrum, magnitude * torch.exp(-0.1j * torch.arange(513)))
    )
    assert (soon[:, :256] >= other[:, :256] - 1e-4 * soon[:, -1:]).all()


@pytest.mark.parametrize("hz", [64.0, 125.0, 250.0, 500.0])
def test_there_is_nothing_but_harmonics_each_in_its_band(hz):
    """Pitches of which a second holds whole cycles, so that each harmonic is one bin of a spectrum."""
    frames = vowel(1).expand(80, 64)
    bands = harmonic_voice(frames, steady(hz, 64), RATE)[:, 256:16_256].double()
    power = torch.fft.rfft(bands).abs().square()
    bins = torch.arange(8_001)
    edges = [0, 1_000, 2_000, 4_000, 8_000]
    for i, band in enumerate(power):
        inside = (bins % hz == 0) & (bins >= edges[i]) & (bins < edges[i + 1]) & (bins > 0)
        assert band[inside].min() > 0
        assert band[~inside].sum() < 1e-6 * band.sum()


def test_a_higher_band_makes_its_harmonics_stronger():
    frames = torch.full((80, N), -0.5)
    louder = frames.clone()
    louder[60:] += 0.5  # 20 dB
    low, high = (
        harmonic_voice(one, steady(100.0), RATE).square().mean(1) for one in (frames, louder)
    )
    change = 10 * torch.log10(high / low)
    assert change[0].abs() < 0.1 and change[3] == pytest.approx(20, abs=0.5)


def test_blocks_do_not_show(monkeypatch):
    frames, cycles = vowel(), steady(140.0)
    whole = harmonic_voice(frames, cycles, RATE)
    monkeypatch.setattr(harmonics, "BLOCK", 7)
    assert whole.shape == (4, N * HOP_LENGTH)
    torch.testing.assert_close(harmonic_voice(frames, cycles, RATE), whole, atol=1e-6, rtol=0)


def drifting(cycles, shift):
    """The same, ahead by ``shift`` (N + 1,) of a cycle where frames begin and end."""
    begins, turns = cycles.unbind(1)
    return torch.stack([(begins + shift[:-1]) % 1, turns + shift.diff()], dim=1)


@pytest.mark.parametrize("hz", [90.0, 170.0, 320.0])
def test_it_comes_into_step_with_a_voice_of_its_kind(hz):
    frames, cycles = vowel(), steady(hz)
    shift = 0.3 + 0.2 * torch.sin(torch.arange(N + 1.0) / 6)
    true = drifting(cycles, shift)
    audio = harmonic_voice(frames, true, RATE).sum(0)
    found = in_step(cycles, frames, audio, RATE)
    apart = (found[:, 0] - true[:, 0] + 0.5) % 1 - 0.5
    assert apart[2:-2].abs().max() < 0.03  # of a cycle, which 128 places divide
    ends = (found.sum(1)[:-1] - found[1:, 0] + 0.5) % 1 - 0.5
    assert ends.abs().max() < 1e-4  # no leap where a frame follows another


def test_it_turns_on_by_itself_in_silence_and_behind_the_end():
    frames, cycles = vowel(), steady(150.0)
    silence = torch.zeros(N * HOP_LENGTH)
    apart = (in_step(cycles, frames, silence, RATE) - cycles + 0.5) % 1 - 0.5
    assert apart.abs().max() < 1e-6
    audio = harmonic_voice(frames, drifting(cycles, torch.full((N + 1,), 0.25)), RATE).sum(0)
    found = in_step(cycles, frames, audio[: 20 * HOP_LENGTH + 9], RATE)
    torch.testing.assert_close(found[20:, 1], cycles[20:, 1], atol=1e-6, rtol=0)
    assert ((found[20:, 0] - cycles[20:, 0]) % 1).sub(0.25).abs().max() < 0.03


def test_loudness_does_not_matter_but_the_recording_s_own_spectrum_does():
    voice = harmonic_voice(vowel(), steady(120.0), RATE).sum(0)
    frames = log_mel(voice[None, None], RATE)[0, :, :N]
    loud, faint = (in_step(steady(120.0), frames, gain * voice, RATE) for gain in (1.0, 1e-3))
    torch.testing.assert_close(loud, faint)
