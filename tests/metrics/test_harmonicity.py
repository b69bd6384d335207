"""Harmonics and noise of a known ratio, in all and above a frequency."""

import pytest
import torch

from tinyaudio.errors import AudioError
from tinyaudio.metrics.harmonicity import harmonics_to_noise

RATE, N = 16_000, 63
F0 = torch.full((N,), 125.0)


def harmonics(lowest, highest, hz=125.0):
    """Of power 1, with random phases."""
    t, draws = torch.arange(RATE) / RATE, torch.Generator().manual_seed(0)
    phases = 6.28 * torch.rand(80, generator=draws)
    n = range(lowest, highest + 1)
    return sum(torch.sin(2 * torch.pi * hz * k * t + phases[k]) for k in n) * (2 / len(n)) ** 0.5


def noise(above_hz=0.0):
    """White above a frequency, of power 1."""
    spectrum = torch.fft.rfft(torch.randn(RATE, generator=torch.manual_seed(1)))
    spectrum[: int(above_hz)] = 0
    made = torch.fft.irfft(spectrum)
    return made / made.std()


@pytest.mark.parametrize("db", [-6.0, 0.0, 10.0, 20.0])
def test_the_ratio_is_the_one_that_was_mixed(db):
    mixed = 10 ** (db / 20) * harmonics(1, 40) + noise()
    found = harmonics_to_noise(mixed, F0, RATE)[3:-3]
    # The best of the lags near the period is taken, which of noise is a little above its mean.
    assert found.mean().item() == pytest.approx(db, abs=1.5)
    assert torch.allclose(found, harmonics_to_noise(0.01 * mixed, F0, RATE)[3:-3], atol=0.1)


def test_above_a_frequency_only_what_lies_there_counts():
    voice = 10 * harmonics(1, 8) + harmonics(20, 60) + noise(2_000)
    assert harmonics_to_noise(voice, F0, RATE)[3:-3].mean() > 15
    high = harmonics_to_noise(voice, F0, RATE, above_hz=2_000)[3:-3]
    assert high.mean().item() == pytest.approx(0, abs=1.5)


def test_it_is_bounded_and_nan_where_nothing_is_voiced():
    track = F0.clone()
    track[5], track[6] = torch.nan, 900.0
    pure = harmonics_to_noise(harmonics(1, 40), track, RATE)
    assert pure[[5, 6]].isnan().all() and pure[[4, 7]].isfinite().all()
    assert 20 < pure[10] <= 40.1  # between whole lags the period is interpolated
    silent = harmonics_to_noise(torch.zeros(1, RATE), F0, RATE)
    assert torch.allclose(silent, torch.tensor(-20.0), atol=0.1)


def test_a_wrong_pitch_finds_little():
    assert harmonics_to_noise(harmonics(1, 40), F0 * 1.3, RATE)[3:-3].mean() < 0


def test_other_shapes_are_refused():
    with pytest.raises(AudioError, match="one channel"):
        harmonics_to_noise(torch.zeros(2, RATE), F0, RATE)
    with pytest.raises(AudioError, match="1 \\+ T // 256"):
        harmonics_to_noise(torch.zeros(RATE), F0[1:], RATE)
