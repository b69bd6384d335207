"""Cutting, mixing down and measuring."""

import math

import pytest
import torch

from tinyaudio.audio import crop, peak_db, rms_db, to_mono
from tinyaudio.errors import AudioError

SOUND = torch.arange(1.0, 11.0)[None] / 10


@pytest.mark.parametrize("start", [0, 3, 9])
@pytest.mark.parametrize("n_samples", [1, 4, 20])
def test_a_crop_is_a_piece_and_zeros_after_it(start, n_samples):
    cut = crop(SOUND, n_samples, start)
    assert cut.shape == (1, n_samples)
    piece = SOUND[:, start : start + n_samples]
    assert torch.equal(cut[:, : piece.shape[1]], piece)
    assert not cut[:, piece.shape[1] :].any()


def test_random_crops_lie_inside_and_reach_both_ends():
    generator = torch.Generator().manual_seed(0)
    firsts = [round(10 * crop(SOUND, 4, generator)[0, 0].item()) for _ in range(200)]
    assert set(firsts) == set(range(1, 8))  # 7 places; one is missed with probability 3e-13
    again = torch.Generator().manual_seed(0)
    assert [round(10 * crop(SOUND, 4, again)[0, 0].item()) for _ in range(200)] == firsts


def test_batches_are_cut_alike():
    batch = torch.randn(2, 3, 10)
    assert torch.equal(crop(batch, 4, 5), batch[..., 5:9])


@pytest.mark.parametrize(("n_samples", "start"), [(0, 0), (-1, 0), (4, 10), (4, -1)])
def test_a_crop_that_cannot_be_is_refused(n_samples, start):
    with pytest.raises(AudioError, match="cannot crop"):
        crop(SOUND, n_samples, start)


def test_mono_is_the_mean_and_mono_stays_mono():
    stereo = torch.randn(5, 2, 10)
    assert torch.equal(to_mono(stereo), (stereo[:, :1] + stereo[:, 1:]) / 2)
    assert torch.equal(to_mono(SOUND), SOUND)


def test_levels_of_known_sounds():
    # A sine of 100 whole periods: peak 1, root mean square 1/sqrt(2).
    sine = torch.sin(2 * torch.pi * 100 * torch.arange(16_000, dtype=torch.float64) / 16_000)
    assert peak_db(sine).item() == pytest.approx(0, abs=1e-6)  # a sample falls on the crest
    assert rms_db(sine).item() == pytest.approx(-10 * math.log10(2), abs=1e-6)
    square = torch.sign(sine + 1e-9)
    assert peak_db(square).item() == rms_db(square).item() == 0


def test_half_the_amplitude_is_six_db_less():
    noise = torch.randn(2, 1000, generator=torch.Generator().manual_seed(0))
    step = 20 * math.log10(2)
    for level in (peak_db, rms_db):
        # float32 keeps a level of some ten dB to 1e-6 of it.
        torch.testing.assert_close(
            level(noise) - level(noise / 2), torch.full((2,), step), atol=1e-4, rtol=0
        )


def test_silence_has_the_floor_s_level():
    for level in (peak_db, rms_db):
        assert level(torch.zeros(10)).item() == pytest.approx(-120, abs=1e-4)
        assert level(torch.zeros(10), floor_db=-60.0).item() == pytest.approx(-60, abs=1e-4)
