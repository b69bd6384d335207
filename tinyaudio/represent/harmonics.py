r"""A voice made of harmonics alone: what mel bands and a pitch leave little choice about.

    x_t = \sum_h A_h \cos(2 \pi h c_t + \theta_h)

The mel bands say how strong each harmonic is, the pitch how fast it turns.  Where in its cycle it stands,
they do not say; but a throat answers each pulse of the glottis as soon as it can, and a filter that does
so has one phase for each spectrum, the minimal one.  What is missing is the noise, and all that is in a
voice by chance: it buzzes.

Paper:      McAulay & Quatieri, "Speech analysis/synthesis based on a sinusoidal representation", 1986;
            Oppenheim & Schafer, "Discrete-Time Signal Processing", for the minimal phase by the cepstrum.
Implements: `harmonic_voice`, in four bands; `in_step`, an oscillator whose voice is most like a recording.
Differs:    nothing is looked for in a spectrum: amplitudes come from mel bands, phases from amplitudes.
            Where a band holds one harmonic and the next none, the one comes out too strong, up to 9 dB.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT, from_log_mel
from tinyaudio.represent.melscale import hz_to_mel
from tinyaudio.represent.oscillator import put_ahead
from tinyaudio.represent.viterbi import best_path

N_BANDS = 4  # octaves, but for the lowest, which reaches down to zero
BLOCK = 64  # frames that are made at once
N_TURNS = 128  # places in a cycle at which the beginning is tried
HEARD = 3 * HOP_LENGTH  # samples that decide about one
LEAP = 16.0  # what it costs to turn by a cycle, squared, in correlation


def harmonic_voice(
    frames: Float[Tensor, "M N"], cycles: Float[Tensor, "N 2"], sample_rate: int
) -> Float[Tensor, "4 T"]:
    """Make a voice of harmonics that has this spectrum and this pitch.

    Args:
        frames: From `tinyaudio.represent.logmel.log_mel`.
        cycles: From `tinyaudio.represent.oscillator.oscillator`, with the same frames; never off.
        sample_rate: In Hz.

    Returns:
        Harmonics up to an eighth of half the sample rate, then up to a quarter, a half, and the whole of
        it; their sum is the voice.  T = 256 N.

    Example:
        >>> from tinyaudio.represent.logmel import log_mel
        >>> from tinyaudio.represent.oscillator import oscillator
        >>> t = torch.arange(8_192) / 16_000
        >>> buzz = sum(torch.cos(2 * torch.pi * 150 * k * t) for k in range(1, 50)) / 50
        >>> frames = log_mel(buzz[None, None], 16_000)[0, :, :32]
        >>> cycles = oscillator(torch.full((1, 32), 150.0), 16_000, 256)[0]
        >>> made = harmonic_voice(frames, cycles, 16_000).sum(0)
        >>> torch.corrcoef(torch.stack([buzz, made]))[0, 1].round(decimals=1)
        tensor(0.7000)
    """
    lines = harmonics(frames, cycles, sample_rate)
    numbers = torch.arange(1, len(lines) + 1, device=frames.device)[:, None]
    octave = (numbers * cycles[:, 1] * 2 / HOP_LENGTH).log2().floor()  # -1: the upper half of all
    band = (octave + N_BANDS).clamp(0, N_BANDS - 1)
    bands = torch.stack([torch.where(band == b, lines, 0) for b in range(N_BANDS)])
    pieces = []
    for first in range(0, len(cycles), BLOCK):
        inside = slice(first, first + BLOCK)
        turning = rotation(cycles[inside], len(lines))
        # Amplitudes move on a line from each frame to the next, and the real part is what is heard.
        here, there = (
            torch.einsum("bhn,hnt->bnt", ends[:, :, inside], turning).real
            for ends in (bands, after(bands))
        )
        pieces.append(torch.lerp(here, there, check_codes(frames)).flatten(1))
    return torch.cat(pieces, dim=1)


def in_step(
    cycles: Float[Tensor, "N 2"],
    frames: Float[Tensor, "M N"],
    audio: Float[Tensor, " T"],
    sample_rate: int,
) -> Float[Tensor, "N 2"]:
    r"""Turn an oscillator, moment by moment, so that its voice is as much like a recording as can be.

    r_n(k) = \sum_t w_{t - nH}\, x_t \sum_h A_h \cos(2 \pi h (c_t + k / K) + \theta_h)

    The best k of all frames is a path that must not leap.

    Args:
        cycles: From `tinyaudio.represent.oscillator.oscillator`.
        frames: The recording's own, from `tinyaudio.represent.logmel.log_mel`.
        audio: The recording; where it has ended, the oscillator turns on by itself.
        sample_rate: In Hz.

    Example:
        >>> from tinyaudio.represent.logmel import log_mel
        >>> from tinyaudio.represent.oscillator import oscillator
        >>> cycles = oscillator(torch.full((1, 32), 150.0), 16_000, 256)[0]
        >>> turned = 150 / 16_000 * torch.arange(8_192) - 0.25  # late by a quarter of a cycle
        >>> late = sum(torch.cos(2 * torch.pi * k * turned) for k in range(1, 50))
        >>> frames = log_mel(late[None, None] / 50, 16_000)[0, :, :32]
        >>> (in_step(cycles, frames, late, 16_000) - cycles)[9, 0].remainder(1).round(decimals=1)
        tensor(0.8000)
    """
    N, T = len(cycles), min(len(audio), len(cycles) * HOP_LENGTH)
    lines = harmonics(frames, cycles, sample_rate)
    ends = (one[:, :, None].expand(-1, -1, HOP_LENGTH) for one in (lines, after(lines)))
    partials = torch.lerp(*ends, check_codes(audio).to(lines)) * rotation(cycles, len(lines))
    whole = F.pad(audio[:T], (0, N * HOP_LENGTH - T))
    init_ordinal_embedding = torch.view_as_real(partials.flatten(1) * whole).movedim(
        2, 0
    )  # (2, H, T)
    around = F.pad(init_ordinal_embedding, (HEARD // 2, HEARD // 2)).unfold(2, HEARD, HOP_LENGTH)
    heard = torch.complex(*(around @ torch.hann_window(HEARD, device=audio.device)))  # (H, N + 1)
    heard = heard[:, torch.arange(N + 1, device=audio.device).clamp(max=T // HOP_LENGTH)]
    # All places in a cycle at once: the correlation is a Fourier series in k / K.
    likeness = torch.fft.fft(F.pad(heard, (0, 0, 1, 0)).conj(), N_TURNS, dim=0).real.T  # (N + 1, K)
    k = torch.arange(N_TURNS, device=audio.device) / N_TURNS
    apart = (k[:, None] - k + 0.5) % 1 - 0.5
    worth = likeness / likeness.abs().amax(dim=1, keepdim=True).clamp(min=1e-9)
    return put_ahead(cycles, k[best_path(worth, LEAP * apart.square())])


def harmonics(
    frames: Float[Tensor, "M N"], cycles: Float[Tensor, "N 2"], sample_rate: int
) -> Complex[Tensor, "H N"]:
    """Amplitude and phase of each harmonic in each frame; zero above half the sample rate."""
    spectrum = minimal_phase(envelope(frames, sample_rate))  # (N, F)
    turns = cycles[:, 1:]  # a frame
    most = int(HOP_LENGTH / 2 / turns.min())  # of the lowest pitch
    bins = torch.arange(1, most + 1, device=frames.device) * turns * (N_FFT / HOP_LENGTH)  # (N, H)
    there = bins < N_FFT // 2
    below = bins.long().clamp(max=N_FFT // 2 - 1)
    line = torch.lerp(
        spectrum.gather(1, below), spectrum.gather(1, below + 1), (bins - below).to(spectrum)
    )
    # A line of amplitude A has magnitudes of A N_FFT / 2 in all; each harmonic has its share of the bins.
    amplitude = 2 / N_FFT * turns * sample_rate / HOP_LENGTH
    return torch.where(there, line * amplitude, 0).T


def minimal_phase(magnitudes: Float[Tensor, "N F"]) -> Complex[Tensor, "N F"]:
    """The spectrum of the filter that answers as soon as it can, with these magnitudes."""
    half = magnitudes.shape[1] - 1
    cepstrum = torch.fft.irfft(magnitudes.log(), 2 * half)  # even: its second half lies before 0
    # What answers before its cause is turned round in time: the magnitude stays.
    causal = F.pad(2 * cepstrum[:, 1:half], (1, half))
    causal[:, 0], causal[:, half] = cepstrum[:, 0], cepstrum[:, half]
    return torch.fft.rfft(causal).exp()


def envelope(frames: Float[Tensor, "M N"], sample_rate: int) -> Float[Tensor, "N F"]:
    """Magnitudes on the bins of `tinyaudio.represent.spectrum.stft`, between the centres of mel bands."""
    M = len(frames)
    hz = torch.linspace(0, sample_rate / 2, N_FFT // 2 + 1, device=frames.device)
    place = (hz_to_mel(hz) / hz_to_mel(hz[-1:]) * (M + 1) - 1).clamp(0, M - 1)
    below = place.long().clamp(max=M - 2)
    lower, upper = (frames.T.index_select(1, k) for k in (below, below + 1))
    return from_log_mel(torch.lerp(lower, upper, place - below)[None])[0]


def rotation(cycles: Float[Tensor, "N 2"], n_harmonics: int) -> Complex[Tensor, "H N t"]:
    """Where each harmonic stands at each sample of each frame, on the unit circle."""
    turned = cycles[:, :1] + cycles[:, 1:] * check_codes(cycles)
    numbers = torch.arange(1, n_harmonics + 1, device=cycles.device)
    angle = 2 * math.pi * (numbers[:, None, None] * turned % 1)
    return torch.polar(torch.ones_like(angle), angle)


def check_codes(like: Tensor) -> Float[Tensor, " t"]:
    """From 0 to 1, the way through a frame."""
    return torch.arange(HOP_LENGTH, device=like.device) / HOP_LENGTH


def after(lines: Complex[Tensor, "*kinds N"]) -> Complex[Tensor, "*kinds N"]:
    """What follows each frame; the last goes on."""
    return torch.cat([lines[..., 1:], lines[..., -1:]], dim=-1)
