"""The crossover: the source below it, the other above it, nothing delayed, and blocks without seams."""

import pytest
import torch

from tinyaudio.errors import AudioError
from tinyaudio.represent.band_split import band
from tinyaudio.represent.crossover import Crossover

RATE = 48_000
CROSSOVER = Crossover(6_800, 7_600, RATE)


def noise(seed, n=24_000, dtype=torch.float32):
    return torch.randn(2, n, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def relative(error, of):
    return float(error.norm() / of.norm())


@pytest.mark.parametrize("gain", [1.0, 10.0])
def test_the_low_band_is_the_source_s_and_the_high_band_the_other_s(gain):
    audio, source = (
        torch.nn.functional.pad(one, (5_000, 5_000)) for one in (gain * noise(0), noise(1))
    )
    made = CROSSOVER.replace_low_band(audio, source)
    assert relative(band(made - source, RATE, 0, 6_800), source) < 1e-5
    assert relative(band(made - audio, RATE, 7_600, RATE), audio) < 1e-5
    assert relative(band(made - source, RATE, 7_600, RATE), source) > 0.5


@pytest.mark.parametrize(("hz", "whose"), [(100, 1), (6_700, 1), (7_700, 0), (20_000, 0)])
def test_tones(hz, whose):
    t = torch.arange(24_000, dtype=torch.float64) / RATE
    tone, silence = torch.sin(2 * torch.pi * hz * t), torch.zeros(24_000, dtype=torch.float64)
    for given, kept in (((tone, silence), whose == 0), ((silence, tone), whose == 1)):
        made = CROSSOVER.replace_low_band(*given)[1_000:-1_000]
        expected = tone[1_000:-1_000] if kept else torch.zeros(22_000, dtype=torch.float64)
        torch.testing.assert_close(made, expected, atol=1e-5, rtol=0)


def test_equal_sounds_stay_bit_for_bit():
    assert torch.equal(CROSSOVER.replace_low_band(noise(3), noise(3)), noise(3))


def test_a_block_with_its_surroundings_has_no_seam():
    audio, source = noise(0, dtype=torch.float64), noise(1, dtype=torch.float64)
    whole, r = CROSSOVER.replace_low_band(audio, source), CROSSOVER.reach
    inside = slice(5_000 - r, 9_000 + r)
    part = CROSSOVER.replace_low_band(audio[:, inside], source[:, inside])
    torch.testing.assert_close(part[:, r:-r], whole[:, 5_000:9_000])


def test_what_cannot_be_is_refused():
    for low, high in ((0, 10), (200, 100), (20_000, 25_000)):
        with pytest.raises(AudioError, match="crossover from"):
            Crossover(low, high, RATE)
    with pytest.raises(AudioError, match="bring the source"):
        CROSSOVER.replace_low_band(torch.zeros(5), torch.zeros(6))
    assert CROSSOVER.replace_low_band(torch.zeros(1, 0), torch.zeros(1, 0)).shape == (1, 0)
