r"""A pitch as something that turns: where in its cycle an oscillator is, at every sample.

    c[n + 1] = c[n] + \int f dt,   waves_k(t) = (\cos 2 \pi 2^k c(t), \sin 2 \pi 2^k c(t))

A network that is told "440 Hz" must count 36.4 samples; one that is told the oscillator's waves need
only listen to them.

Paper:      Wang, Takaki & Yamagishi, "Neural source-filter-based waveform model for statistical
            parametric speech synthesis", 2019, drive a network by a sine of the pitch, too.
Implements: `oscillator`, cycles from a pitch; `aligned`, the same in step with a recording;
            `put_ahead`, which turns it; `where_heard`, off where it is silent; `waves`, what a
            network is told of them.
Differs:    theirs adds seven harmonics and noise; here the waves are octaves apart, so that few of
            them tell a moment in the cycle from every other.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

QUIET = 1e-3  # root mean square of a frame in which nothing is heard: -60 dB below full scale


def oscillator(
    hz: Float[Tensor, "B N"], sample_rate: int, hop_length: int
) -> Float[Tensor, "B N 2"]:
    """Let an oscillator follow a pitch.

    Args:
        hz: The pitch at sample n hop_length; NaN where there is none.
        sample_rate: In Hz.
        hop_length: Samples a frame.

    Returns:
        Of each frame: where in its cycle the oscillator begins it, in [0, 1), and how many cycles it
        makes before the next.  NaN where there is no pitch.

    Example:
        >>> oscillator(torch.full((1, 3), 100.0), sample_rate=16_000, hop_length=40)
        tensor([[[0.0000, 0.2500],
                 [0.2500, 0.2500],
                 [0.5000, 0.2500]]])
    """
    after = torch.cat([hz[:, 1:], hz[:, -1:]], dim=1)
    after = torch.where(after.isnan(), hz, after)
    turns = (hz.double() + after.double()) / 2 * hop_length / sample_rate
    begins = F.pad(turns.nan_to_num(0).cumsum(1), (1, -1)) % 1  # it waits where there is no pitch
    begins = torch.where(turns.isnan(), turns, begins)
    return torch.stack([begins, turns], dim=2).float()


def aligned(
    cycles: Float[Tensor, "B N 2"], audio: Float[Tensor, "B T"], hop_length: int
) -> Float[Tensor, "B N 2"]:
    """Turn an oscillator, moment by moment, until it is in step with a recording.

    It is then at 0 where the fundamental peaks, also if the pitch was not quite what was thought.

    Args:
        cycles: From `oscillator`.
        audio: What it is to be in step with, heard over four frames at a time, the middle most; where
            it has ended, the oscillator turns on by itself.
        hop_length: Samples a frame.

    Example:
        >>> cycles = oscillator(torch.full((1, 4), 100.0), 16_000, 256)
        >>> late = torch.sin(2 * torch.pi * 100 * torch.arange(1_024) / 16_000)[None]
        >>> aligned(cycles, late, 256)[0, 0].round(decimals=1)  # a cosine a quarter of a cycle late
        tensor([0.8000, 1.6000])
    """
    N, T = cycles.shape[1], audio.shape[1]
    whole = F.pad(audio, (0, N * hop_length - T))
    t = torch.arange(N * hop_length, device=audio.device)
    fundamental = waves(cycles, t, hop_length, 1) * whole[:, :, None]
    heard = F.pad(fundamental.mT, (2 * hop_length, 2 * hop_length)).unfold(
        2, 4 * hop_length, hop_length
    )
    window = torch.hann_window(4 * hop_length, device=audio.device)
    around = torch.complex(*(heard @ window).unbind(1))  # (B, N + 1), where frames begin and end
    around = around[:, torch.arange(N + 1).clamp(max=T // hop_length)]
    return put_ahead(cycles, -around.angle() / (2 * math.pi))


def put_ahead(
    cycles: Float[Tensor, "*B N 2"], ahead: Float[Tensor, "*B N+1"]
) -> Float[Tensor, "*B N 2"]:
    """Let an oscillator be ahead of itself by so many cycles where frames begin and where the last ends.

    Between them it gets there the shorter way round.

    Example:
        >>> put_ahead(torch.tensor([[0.0, 4.0]]), torch.tensor([0.9, 0.1]))  # on by 0.2, not back by 0.8
        tensor([[0.9000, 4.2000]])
    """
    begins, turns = cycles.unbind(-1)
    drift = ahead.diff()
    return torch.stack([(begins + ahead[..., :-1]) % 1, turns + drift - drift.round()], dim=-1)


def where_heard(
    cycles: Float[Tensor, "B N 2"], audio: Float[Tensor, "B T"], hop_length: int
) -> Float[Tensor, "B N 2"]:
    """Switch an oscillator off where a recording is silent: so it says when a note sounds.

    Args:
        cycles: From `oscillator`.
        audio: The recording; where it has ended, the oscillator is left on.
        hop_length: Samples a frame.

    Example:
        >>> silence_then_noise = torch.cat([torch.zeros(1, 256), torch.ones(1, 256)], dim=1)
        >>> where_heard(torch.zeros(1, 3, 2), silence_then_noise, 256)[0, :, 0]
        tensor([nan, 0., 0.])
    """
    whole = audio[:, : audio.shape[1] // hop_length * hop_length]
    power = whole.unflatten(1, (-1, hop_length)).square().mean(2)
    silent = F.pad(power < QUIET**2, (0, cycles.shape[1] - power.shape[1]))
    return torch.where(silent[:, :, None], torch.nan, cycles)


def waves(
    cycles: Float[Tensor, "B N 2"], t: Int[Tensor, " n"], hop_length: int, n_octaves: int
) -> Float[Tensor, "B n waves"]:
    """Cosines and sines at the pitch and at its octaves; zero where there is no pitch.

    Args:
        cycles: See `oscillator`.
        t: Which samples; as many as there are frames for.
        hop_length: Samples a frame.
        n_octaves: How many cosines, and as many sines.

    Example:
        >>> waves(torch.tensor([[[0.0, 1.0]]]), torch.arange(4), hop_length=4, n_octaves=1)[0].round()
        tensor([[ 1.,  0.],
                [-0.,  1.],
                [-1., -0.],
                [ 0., -1.]])
    """
    begins, turns = cycles.index_select(1, t // hop_length).unbind(2)
    turned = begins + t % hop_length / hop_length * turns
    octaves = 2 ** torch.arange(n_octaves, device=cycles.device)
    angle = 2 * math.pi * (turned[:, :, None] * octaves % 1)
    return torch.cat([angle.cos(), angle.sin()], dim=2).nan_to_num(0)
