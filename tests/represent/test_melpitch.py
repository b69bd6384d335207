"""The pitch of a mel spectrogram: right within cents, whatever the loudness, and always a number."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.represent.logmel import HOP_LENGTH, log_mel
from tinyaudio.represent.melpitch import mel_pitch
from tinyaudio.represent.voicepitch import HIGH_HZ, LOW_HZ

RATE = 16_000


def buzz(hz, lowest=1, level=0.5):
    """A voice without a mouth: all harmonics up to 4 kHz, equally loud; ``hz`` at every sample."""
    turned = torch.cumsum(hz.double() / RATE, 0)
    n = int(4_000 / hz.max())
    tones = sum(torch.sin(2 * math.pi * k * turned) for k in range(lowest, n + 1))
    return (level / n * tones).float()[None, None]


def pitch(audio):
    return mel_pitch(log_mel(audio, RATE), RATE)


def cents(heard, true):
    return 1200 * torch.log2(heard / true)


@pytest.mark.parametrize("hz", [80.0, 110.0, 147.0, 196.0, 262.0, 349.0, 440.0])
def test_a_buzz_has_its_pitch(hz):
    heard = pitch(buzz(torch.full((6_000,), hz)))[0, 3:-3]  # the others see beyond the ends
    assert cents(heard, hz).abs().max() < 15  # the phases that were found waver a little


def test_a_glide_is_followed():
    """An octave a second, up and down; a window looks over 64 ms of it."""
    t = torch.arange(RATE) / RATE
    hz = 120 * 2 ** (0.5 - (t - 0.5).abs())
    heard = pitch(buzz(hz))[0, 3:-3]
    true = hz[3 * HOP_LENGTH :: HOP_LENGTH][: len(heard)]
    error = cents(heard, true).abs()
    assert error.quantile(0.9) < 30 and error.max() < 100  # at the turn, of a moment, the most


def test_it_does_not_depend_on_loudness():
    loud = buzz(torch.full((6_000,), 180.0))
    for level in (0.1, 0.3):
        assert cents(pitch(level * loud), pitch(loud))[:, 3:-3].abs().max() < 5


def test_a_missing_fundamental_is_found():
    heard = pitch(buzz(torch.full((6_000,), 150.0), lowest=3))[0, 3:-3]
    assert cents(heard, 150.0).abs().max() < 10


def test_there_is_always_a_pitch():
    noise = 0.1 * torch.randn(1, 1, 6_000, generator=torch.manual_seed(0))
    click = torch.zeros(1, 1, 6_000)
    click[..., 3_000] = 1
    tone = torch.sin(torch.arange(6_000) * 2)[None, None]  # at 5 kHz, far above
    for audio in (noise, torch.zeros_like(noise), click, tone, noise[..., :1]):
        heard = pitch(audio)
        assert heard.shape == (1, 1 + -(-audio.shape[2] // HOP_LENGTH))
        assert heard.isfinite().all() and (heard >= LOW_HZ).all() and (heard <= HIGH_HZ).all()


def test_a_batch_is_each_clip_alone():
    pitches = [100.0, 150.0, 300.0]
    frames = log_mel(torch.cat([buzz(torch.full((3_000,), hz)) for hz in pitches]), RATE)
    together = mel_pitch(frames, RATE)
    for i in range(3):
        assert torch.equal(together[i : i + 1], mel_pitch(frames[i : i + 1], RATE))


def test_a_rate_at_which_frames_are_too_short_is_refused():
    assert mel_pitch(torch.zeros(1, 80, 2), 48_000).shape == (1, 2)
    with pytest.raises(UserError, match="resample"):
        mel_pitch(torch.zeros(1, 80, 2), 96_000)
