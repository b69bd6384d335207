"""The pitch of a voice: right within some cents, followed through leaps, and always a number."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.represent.voicepitch import HIGH_HZ, LOW_HZ, voice_pitch

RATE, HOP = 16_000, 256


def buzz(hz, lowest=1):
    """A voice without a mouth: harmonics up to 4 kHz, equally loud; ``hz`` at every sample."""
    turned = torch.cumsum(hz.double() / RATE, 0)
    n = int(4_000 / hz.max())
    return (sum(torch.sin(2 * math.pi * k * turned) for k in range(lowest, n + 1)) / n).float()


def cents(heard, true):
    return 1200 * torch.log2(heard / true)


@pytest.mark.parametrize("hz", [65.0, 80.0, 110.0, 147.3, 196.0, 262.0, 349.0, 440.0, 580.0])
@pytest.mark.parametrize("lowest", [1, 3])
def test_a_buzz_has_its_pitch_also_without_its_fundamental(hz, lowest):
    heard = voice_pitch(buzz(torch.full((8_000,), hz), lowest), RATE, HOP)[3:-3]
    # Above, a period is some 30 samples, and its length is interpolated between them.
    assert cents(heard, hz).abs().max() < (2 if hz < 400 else 4)


def test_a_glide_is_followed():
    """An octave a second, up and down; a frame is 64 ms of it."""
    t = torch.arange(RATE) / RATE
    hz = 120 * 2 ** (0.5 - (t - 0.5).abs())
    heard = voice_pitch(buzz(hz), RATE, HOP)[3:-3]
    error = cents(heard, hz[3 * HOP :: HOP][: len(heard)]).abs()
    assert error.quantile(0.9) < 20 and error.max() < 60  # at the turn, the most


def test_a_leap_is_followed():
    hz = torch.cat([torch.full((8_000,), 110.0), torch.full((8_000,), 330.0)])
    heard = voice_pitch(buzz(hz), RATE, HOP)
    assert cents(heard[3:28], 110.0).abs().max() < 5
    assert cents(heard[35:-3], 330.0).abs().max() < 5


def test_loudness_changes_nothing():
    loud = buzz(torch.full((6_000,), 180.0))
    one, faint = (voice_pitch(gain * loud, RATE, HOP)[3:-3] for gain in (1, 0.01))
    assert cents(faint, one).abs().max() < 1


def test_there_is_always_a_pitch_and_a_frame_every_hop():
    noise = torch.randn(6_000, generator=torch.manual_seed(0))
    for audio in (noise, torch.zeros(6_000), torch.sin(torch.arange(6_000) * 2.0), noise[:1]):
        heard = voice_pitch(audio, RATE, HOP)
        assert heard.shape == (1 + len(audio) // HOP,)
        assert heard.isfinite().all() and (heard >= LOW_HZ).all() and (heard <= HIGH_HZ).all()


def test_a_rate_at_which_frames_are_too_short_is_refused():
    assert voice_pitch(torch.zeros(300), 48_000, HOP).shape == (2,)
    with pytest.raises(UserError, match="resample"):
        voice_pitch(torch.zeros(300), 96_000, HOP)
