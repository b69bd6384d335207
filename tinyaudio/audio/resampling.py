r"""From one sample rate to another, by band-limited interpolation.

Between its samples a band-limited sound is known exactly: it is a sum of sinc functions, one for
each sample. Reading it at the new instants gives the new samples. Two things are finite in
practice: the sinc is cut off by a Kaiser window, and when the rate goes down the sinc is widened,
so that little above the new Nyquist frequency is left to fold back.

    y[n] = \sum_m x[m] s\,sinc(s t)\,w(s t / 64),   t = n f / f' - m,   s = 0.9476 min(1, f'/f)

Paper:      Smith, Digital Audio Resampling (ccrma.stanford.edu/~jos/resample). The window's three
            numbers are those that librosa and torchaudio call "kaiser best".
Implements: `resample` by a table of filters, one for each place between two samples that occurs;
            `resample_direct` by the formula, for ratios whose table would fill the memory (44,101 to
            16,000 Hz: 3 GB).
Differs:    torchaudio's function of the same name, which this is tested against, makes its table in
            float32 (errors up to -90 dB) and counts in float32 (lengths off by one beyond 2^24).
See:        chapter 1, "Sound into numbers".
"""

import math
from functools import lru_cache

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError

ZERO_CROSSINGS = 64  # of the sinc, on either side
ROLLOFF = (
    0.9475937167399596  # the filter's half-way point, as a share of the lower Nyquist frequency
)
BETA = 14.769656459379492  # of the Kaiser window; higher is deeper and wider
MAX_RATE_HZ = 768_000
MAX_RATIO = 256
MAX_NUMBERS = 2**30  # of the result
MAX_TABLE = 2**22  # entries of the table of filters: 32 MiB
TABLE_STEPS = 4096  # of the windowed sinc between two zero crossings, in `resample_direct`
CHUNK = 2**19  # filter taps that `resample_direct` holds at once


def check_rate(sample_rate: int) -> None:
    """Refuse a rate that no sound has.

    Raises:
        AudioError: It is not from 1 to 768,000 Hz.
    """
    if not 1 <= sample_rate <= MAX_RATE_HZ:
        raise AudioError(f"sample rate {sample_rate} Hz is outside 1 to {MAX_RATE_HZ} Hz")


def resample(
    audio: Float[Tensor, "*batch time"], from_hz: int, to_hz: int
) -> Float[Tensor, "*batch new_time"]:
    """Convert to another sample rate; the same rate returns the sound untouched.

    Up to 0.87 of the lower Nyquist frequency nothing changes by more than 0.001 dB. What folds back
    is 59 dB down for a tone right above that frequency, 90 dB from 1.01 of it on and 100 dB from
    1.02 (the tests measure all three). Around the sound there is silence. Differentiable.

    Args:
        audio: The sound, in floating point.
        from_hz: Its sample rate.
        to_hz: The rate wanted; at most 256 times higher or lower.

    Returns:
        ceil(time * to_hz / from_hz) samples.

    Raises:
        AudioError: A rate is impossible, the result too large, or the sound not in floating point.

    Example:
        >>> resample(torch.zeros(1, 48_000), 48_000, 16_000).shape
        torch.Size([1, 16000])
    """
    length = _new_length(audio, from_hz, to_hz)
    if from_hz == to_hz or length == 0:
        return audio
    divisor = math.gcd(from_hz, to_hz)
    old, new = from_hz // divisor, to_hz // divisor
    if new * (old + 2 * _reach(from_hz, to_hz)) > MAX_TABLE:
        return resample_direct(audio, from_hz, to_hz)
    filters = _table(old, new).to(audio)
    # Every `new` outputs the instants fall on the same places again, `old` inputs further on.
    padded = F.pad(audio.reshape(-1, 1, audio.shape[-1]), (_reach(old, new), filters.shape[-1]))
    out = F.conv1d(padded, filters[:, None], stride=old)  # (batch, new, periods)
    return out.transpose(1, 2).reshape(*audio.shape[:-1], -1)[..., :length]


@lru_cache(maxsize=16)
def _table(old: int, new: int) -> Float[Tensor, "new taps"]:
    """The filter of each of the `new` instants of one period, in float64."""
    s, reach = _scale(old, new), _reach(old, new)
    n = torch.arange(new, dtype=torch.float64)[:, None]
    m = torch.arange(-reach, old + reach, dtype=torch.float64)
    return s * _windowed_sinc(s * (n * old / new - m))


def resample_direct(
    audio: Float[Tensor, "*batch time"], from_hz: int, to_hz: int
) -> Float[Tensor, "*batch new_time"]:
    """The module's formula for each output sample in turn: slower than `resample`, for any ratio.

    Args:
        audio: The sound, in floating point.
        from_hz: Its sample rate.
        to_hz: The rate wanted; at most 256 times higher or lower.

    Returns:
        ceil(time * to_hz / from_hz) samples.

    Raises:
        AudioError: A rate is impossible, the result too large, or the sound not in floating point.

    Example:
        >>> resample_direct(torch.zeros(1, 44_101), 44_101, 16_000).shape
        torch.Size([1, 16000])
    """
    length = _new_length(audio, from_hz, to_hz)
    s, reach = _scale(from_hz, to_hz), _reach(from_hz, to_hz)
    m = torch.arange(-reach, reach + 2, device=audio.device)
    padded = F.pad(audio, (reach, reach + 2))
    steps = torch.arange(ZERO_CROSSINGS * TABLE_STEPS + 2, dtype=torch.float64) / TABLE_STEPS
    curve = _windowed_sinc(steps).to(audio.device)
    size = max(1, CHUNK // len(m))
    parts = [audio[..., :0]]
    for first in range(0, length, size):
        n = torch.arange(first, min(length, first + size), device=audio.device)
        whole = n * from_hz // to_hz  # integers, so that instants stay exact over hours
        fraction = (n * from_hz % to_hz).double() / to_hz
        place = (s * (fraction[:, None] - m)).abs() * TABLE_STEPS  # (chunk, taps)
        left = place.long().clamp(max=len(curve) - 2)
        taps = torch.lerp(curve[left], curve[left + 1], (place - left).clamp(max=1))
        parts.append((padded[..., whole[:, None] + m + reach] * (s * taps).to(audio.dtype)).sum(-1))
    return torch.cat(parts, dim=-1)


def _windowed_sinc(t: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """sinc(t) w(t / 64), which is 0 from the 64th zero crossing on."""
    kaiser = torch.special.i0(BETA * (1 - (t / ZERO_CROSSINGS) ** 2).clamp(min=0).sqrt())
    kaiser = kaiser / torch.special.i0(torch.tensor(BETA, dtype=t.dtype))
    return torch.sinc(t) * torch.where(t.abs() < ZERO_CROSSINGS, kaiser, 0.0)


def _scale(from_hz: int, to_hz: int) -> float:
    """How much the sinc is widened: its cutoff as a share of the old Nyquist frequency."""
    return ROLLOFF * min(1.0, to_hz / from_hz)


def _reach(from_hz: int, to_hz: int) -> int:
    """How many samples the window reaches to either side."""
    return math.ceil(ZERO_CROSSINGS / _scale(from_hz, to_hz))


def _new_length(audio: Tensor, from_hz: int, to_hz: int) -> int:
    """The length of the result, if it is a sensible one."""
    check_waveform(audio)
    check_rate(from_hz)
    check_rate(to_hz)
    if max(from_hz, to_hz) > MAX_RATIO * min(from_hz, to_hz):
        raise AudioError(
            f"cannot go from {from_hz} Hz to {to_hz} Hz: more than {MAX_RATIO} times; one of the two is wrong"
        )
    length = -(-audio.shape[-1] * to_hz // from_hz)
    if length * max(1, audio.shape[:-1].numel()) > MAX_NUMBERS:
        raise AudioError(
            f"{from_hz} Hz to {to_hz} Hz would make more than {MAX_NUMBERS} numbers; take it in parts"
        )
    return length
