"""Two bands: their sum is the sound, neither holds anything of the other, and a low band can be replaced."""

import pytest
import torch

from tinyaudio.audio.decimation import decimate_sinc
from tinyaudio.audio.interpolation import upsample_sinc
from tinyaudio.errors import AudioError
from tinyaudio.represent.band_split import band, frequencies, replace_low_band, split_bands

RATE = 48_000


def noise(n=RATE, seed=0):
    return torch.randn(n, generator=torch.Generator().manual_seed(seed)) / 10


@pytest.mark.parametrize("n", [1, 2, 4_799, 4_800])
def test_the_bands_add_up(n):
    low, high = split_bands(noise(n), RATE, 8_000)
    assert torch.allclose(low + high, noise(n), atol=1e-7)


def test_power_is_split_with_the_spectrum():
    """White noise: a third of the band, a third of the power; nothing is in both."""
    low, high = split_bands(noise(10 * RATE), RATE, 8_000)
    power = noise(10 * RATE).square().mean()
    assert low.square().mean() / power == pytest.approx(1 / 3, abs=0.01)
    assert abs(low @ high) < 1e-4 * low.norm() * high.norm()


def test_the_cutoff_itself_is_high():
    tone = torch.sin(torch.pi / 3 * torch.arange(RATE, dtype=torch.float64))
    low, high = split_bands(tone, RATE, 8_000)
    assert low.abs().max() < 1e-5 and torch.allclose(high, tone, atol=1e-5)


def test_a_band_is_what_two_cutoffs_leave():
    whole = noise()
    between = split_bands(whole, RATE, 12_000)[0] - split_bands(whole, RATE, 8_000)[0]
    assert torch.allclose(band(whole, RATE, 8_000, 12_000), between, atol=1e-6)
    assert torch.allclose(band(whole, RATE, 0, 100_000), whole, atol=1e-6)


def test_the_low_band_is_kept_to_1e_5_and_the_high_band_is_the_other_s():
    generated, wanted = noise(seed=1), noise(seed=2)
    source = upsample_sinc(decimate_sinc(wanted, 3), 3)
    out = replace_low_band(generated, source, RATE, 7_000)
    low, high = split_bands(out, RATE, 7_000)
    source_low, generated_high = (
        split_bands(source, RATE, 7_000)[0],
        split_bands(generated, RATE, 7_000)[1],
    )
    assert (low - source_low).abs().max() < 1e-5
    assert (high - generated_high).abs().max() < 1e-5
    # the sinc's own passband ends at 0.87 of 8 kHz: there the low band is the original's, too
    spectra = [torch.fft.rfft(one.double()) for one in (out, wanted)]
    inside = frequencies(out, RATE) < 6_900
    assert (spectra[0] - spectra[1])[inside].norm() < 1e-2 * spectra[1][inside].norm()


def test_clipping_after_the_replacement_changes_the_low_band():
    """Why it comes last."""
    generated, source = 8 * noise(seed=1), 8 * noise(seed=2)
    kept = replace_low_band(generated.clamp(-1, 1), source, RATE, 7_000)
    changed = replace_low_band(generated, source, RATE, 7_000).clamp(-1, 1)
    wanted = split_bands(source, RATE, 7_000)[0]
    assert (split_bands(kept, RATE, 7_000)[0] - wanted).abs().max() < 1e-5
    assert (split_bands(changed, RATE, 7_000)[0] - wanted).abs().max() > 0.1


def test_batches_and_bad_input():
    batch = noise(4_800).reshape(2, 1, 2_400)
    assert torch.equal(
        split_bands(batch, RATE, 8_000)[0][1, 0], split_bands(batch[1, 0], RATE, 8_000)[0]
    )
    assert band(torch.zeros(2, 0), RATE, 0, 8_000).shape == (2, 0)
    with pytest.raises(AudioError, match="low_hz < high_hz"):
        split_bands(batch, RATE, 0)
    with pytest.raises(AudioError, match="rate and length"):
        replace_low_band(batch, batch[..., 1:], RATE, 8_000)
