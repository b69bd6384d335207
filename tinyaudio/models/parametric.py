r"""Statistical parametric synthesis: average the spectra of a speaker's phones, then vocode.

The spectral envelope c of every third of every phone, and its first and second differences, are modelled
by Gaussians.  They give a script's frames means and variances; the output is the most likely trajectory
that is consistent with its own differences:

    o = W c,    c* = \arg\max_c N(W c; \mu, \Sigma)    =>    W^T \Sigma^{-1} W c* = W^T \Sigma^{-1} \mu

A vocoder filters pulses (at the given pitch) or noise by that envelope.

Two artefacts are typical: a mean is smoother than what it averages (over-smoothing: see
`global_variance`), and identical pulses lack a voice's noise (buzz).

Paper:      Tokuda et al., "Speech parameter generation algorithms for HMM-based speech synthesis", ICASSP
            2000 (the trajectory); Zen, Tokuda & Black, "Statistical parametric speech synthesis", 2009.
Implements: `ParametricVoice`, `trajectory`, `vocode`, `envelope_db`, `global_variance`.
Differs:    the edges of phones and the pitch are given, where a hidden Markov model would estimate them;
            a phone is the same whatever its neighbours; levels of mel bands stand for mel-cepstra.
See:        chapter 5, "WaveNet".
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float, Int
from scipy.linalg import solveh_banded
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.data.speech.content import PHONES
from tinyaudio.data.speech.script import Script, one_rate
from tinyaudio.errors import UserError
from tinyaudio.represent.melscale import hz_to_mel, mel, mel_filterbank, mel_to_hz
from tinyaudio.represent.spectrum import istft, stft

HOP_S, WINDOW_S, BANDS, FLOOR = 0.005, 0.03, 32, 1e-4  # frames of the envelope; -80 dB
THIRDS = 3  # parts of a phone, each with its own average
# Static, delta and delta-delta windows over the frames before, at and after the present one.
WINDOWS = torch.tensor([[0.0, 1.0, 0.0], [-0.5, 0.0, 0.5], [1.0, -2.0, 1.0]])
LEAST_VARIANCE = 0.1  # dB squared


class ParametricVoice:
    """A parametric voice: Gaussians of a speaker's phones, and a vocoder.

    Args:
        recordings: Sounds and their scripts, all at one sample rate.

    Raises:
        UserError: There are none, or their rates differ.

    Example:
        >>> from tinyaudio.data.speech.content import sentence
        >>> from tinyaudio.data.speech.script import spoken
        >>> from tinyaudio.data.speech.speakers import speaker
        >>> recordings = [spoken(speaker(0), sentence(i)) for i in range(4)]
        >>> voice = ParametricVoice(recordings)
        >>> audio, script = recordings[0]
        >>> voice.synthesize(script).shape == audio.shape
        True
    """

    def __init__(self, recordings: Sequence[tuple[Float[Tensor, "1 _"], Script]]) -> None:
        self.sample_rate = one_rate(script for _, script in recordings)
        frames = [with_deltas(envelope_db(audio, self.sample_rate)) for audio, _ in recordings]
        which = torch.cat([thirds(script) for _, script in recordings])
        o = torch.cat(frames).double()  # (N, 3, M)
        n = which.bincount(minlength=len(PHONES) * THIRDS).double()[:, None, None]
        zeros = torch.zeros(len(n), *o.shape[1:], dtype=torch.float64)
        self.recorded = n.flatten() > 0
        self.mean = zeros.index_add(0, which, o) / n.clamp(min=1)
        deviation = (o - self.mean[which]).square()
        self.variance = zeros.index_add(0, which, deviation) / n.clamp(min=1) + LEAST_VARIANCE

    def envelope_db(self, script: Script) -> Float[Tensor, "N M"]:
        """The most likely envelope for a script.

        Raises:
            UserError: A phone of the script was never recorded, or its sample rate is another one.
        """
        if script.sample_rate != self.sample_rate:
            raise UserError(
                f"a script at {script.sample_rate} Hz, recordings at {self.sample_rate}"
            )
        which = thirds(script)
        if not self.recorded[which].all():
            missing = list(PHONES)[int(which[~self.recorded[which]][0]) // THIRDS]
            raise UserError(f"the recordings have no {missing!r}, or too short a one")
        return trajectory(self.mean[which], self.variance[which])

    def synthesize(self, script: Script, *, seed: int = 0) -> Float[Tensor, "1 time"]:
        """The most likely envelope, vocoded; the seed is that of the noise."""
        envelope = self.envelope_db(script)
        return vocode(envelope, script.f0_hz, script.voiced, self.sample_rate, seed=seed)


def trajectory(
    mean: Float[Tensor, "N 3 M"], variance: Float[Tensor, "N 3 M"]
) -> Float[Tensor, "N M"]:
    r"""The most likely c, given Gaussians of c_n, (c_{n+1} - c_{n-1}) / 2 and c_{n+1} - 2 c_n + c_{n-1}.

        W^T P W c = W^T P \mu,   P = 1 / variance

    A pentadiagonal system for every band, solved in linear time.

    Args:
        mean: Of every frame: static, delta and delta-delta.
        variance: Likewise.

    Returns:
        Frames of all bands.

    Example:
        >>> mean = torch.zeros(4, 3, 1)
        >>> mean[2:, 0] = 1.0  # a step, but small expected deltas
        >>> trajectory(mean, torch.tensor([1.0, 0.1, 0.1])[:, None].expand(4, 3, 1)).flatten()
        tensor([0.3804, 0.4595, 0.5405, 0.6196])
    """
    N, _, M = mean.shape
    precision = 1 / variance.double()
    precision[[0, -1], 1:] = 0  # deltas at both ends would need a frame outside
    weighted = precision * mean.double()
    w = WINDOWS.double()
    diagonals = torch.zeros(3, N, M, dtype=torch.float64)  # of W^T P W: [i, i], [i, i+1], [i, i+2]
    right = torch.zeros(N, M, dtype=torch.float64)
    for a in (-1, 0, 1):  # frame n's equation reads frame n + a, and n + a + d
        place = torch.arange(N) + a
        inside = (place >= 0) & (place < N)
        right.index_add_(0, place[inside], (w[:, a + 1, None] * weighted).sum(1)[inside])
        for d in range(0, 2 - a):
            product = (w[:, a + 1] * w[:, a + 1 + d])[:, None] * precision
            diagonals[d].index_add_(0, place[inside], product.sum(1)[inside])
    lower = [solveh_banded(diagonals[:, :, m], right[:, m], lower=True) for m in range(M)]
    return torch.from_numpy(np.stack(lower, axis=1)).float()


def vocode(
    levels_db: Float[Tensor, "N M"],
    f0_hz: Float[Tensor, " time"],
    voiced: Float[Tensor, " time"],
    sample_rate: int,
    *,
    seed: int = 0,
) -> Float[Tensor, "1 time"]:
    """Filter pulses (voiced) or noise (unvoiced) by a spectral envelope.

    Args:
        levels_db: The envelope; see `envelope_db`.
        f0_hz: The pitch at every sample.
        voiced: 1 for pulses, 0 for noise, at every sample.
        sample_rate: In Hz.
        seed: Of the noise.

    Returns:
        Audio in [-1, 1].

    Raises:
        UserError: The number of frames does not fit the length of the pitch.

    Example:
        >>> envelope, hz = torch.full((201, BANDS), -20.0), torch.full((16_000,), 100.0)
        >>> buzz = vocode(envelope, hz, torch.ones(16_000), 16_000)
        >>> (buzz[0] > 0.5 * buzz.max()).sum().item()  # a pulse every 160 samples
        100
    """
    n_fft, hop = _sizes(sample_rate)
    T = len(f0_hz)
    if len(levels_db) != 1 + -(-T // hop):
        raise UserError(f"{len(levels_db)} frames of {hop} samples do not fit {T} samples of pitch")
    # Band-limited pulses as a sum of harmonics, so that they may fall between samples.
    phase = 2 * math.pi * (f0_hz.double() / sample_rate).cumsum(0)
    pulses = torch.zeros(T, dtype=torch.float64)
    for k in range(1, int(sample_rate / 2 / f0_hz.min()) + 1):
        pulses += torch.cos(k * phase) * (k * f0_hz < sample_rate / 2)
    pulses *= (4 * f0_hz / sample_rate).sqrt()  # the power of noise of variance 1
    noise = torch.randn(T, generator=torch.Generator().manual_seed(seed))
    source = torch.where(voiced > 0, pulses.float(), noise)
    sound = istft(stft(source[None], n_fft, hop) * _filters(levels_db, sample_rate), hop, T)
    return sound / sound.abs().max().clamp(min=1.0)


def envelope_db(audio: Float[Tensor, "1 time"], sample_rate: int) -> Float[Tensor, "N M"]:
    """The level of every mel band every 5 ms: the spectral envelope, without harmonics.

    Example:
        >>> envelope_db(torch.zeros(1, 16_000), 16_000).shape
        torch.Size([201, 32])
    """
    n_fft, hop = _sizes(sample_rate)
    bands = mel(stft(audio[0], n_fft, hop).abs(), mel_filterbank(sample_rate, n_fft, BANDS))
    return 20 * torch.log10(bands.T.clamp(min=FLOOR))


def global_variance(levels_db: Float[Tensor, "N M"]) -> Float[Tensor, " M"]:
    """The variance of every band over an utterance, in dB squared.

    Paper:
        Toda & Tokuda, "A speech parameter generation algorithm considering global variance for HMM-based
        speech synthesis", 2007.

    Example:
        >>> global_variance(torch.tensor([[0.0], [2.0]]))
        tensor([1.])
    """
    return levels_db.var(0, correction=0)


def thirds(script: Script) -> Int[Tensor, " N"]:
    """The index of phone and third of every frame; silence after the last phone.

    Example:
        >>> script = Script(("sil",), (0.03,), torch.ones(480), torch.zeros(480))
        >>> (thirds(script) - 66).tolist()  # "sil" is phone 22
        [0, 0, 1, 1, 2, 2, 2]
    """
    _, hop = _sizes(script.sample_rate)
    edges = script.edges
    at = np.arange(1 + -(-len(script.f0_hz) // hop)) * hop
    i = np.searchsorted(edges, at, side="right") - 1
    ended = i >= len(script.phones)
    i = np.minimum(i, len(script.phones) - 1)
    part = THIRDS * (at - edges[i]) // np.maximum(edges[i + 1] - edges[i], 1)
    part = np.minimum(part, THIRDS - 1)
    numbers = np.array([list(PHONES).index(name) for name in script.phones])
    silence = THIRDS * list(PHONES).index("sil") + THIRDS - 1
    return torch.from_numpy(np.where(ended, silence, THIRDS * numbers[i] + part))


def with_deltas(frames: Float[Tensor, "N M"]) -> Float[Tensor, "N 3 M"]:
    """Frames with their deltas and delta-deltas: o = W c.

    Example:
        >>> with_deltas(torch.tensor([[0.0], [1.0], [4.0]]))[1].flatten()
        tensor([1., 2., 2.])
    """
    around = F.pad(frames.T[None], (1, 1), mode="replicate")[0].T.unfold(0, 3, 1)  # (N, M, 3)
    return (around @ WINDOWS.T).transpose(1, 2)


def _filters(levels_db: Tensor, sample_rate: int) -> Tensor:
    """Minimum-phase filters (F, N) of every frame's envelope: no pre-ringing."""
    n_fft, _ = _sizes(sample_rate)
    sums = mel_filterbank(sample_rate, n_fft, BANDS).sum(1)
    power = torch.hann_window(n_fft).square().sum()  # of a frame of noise of variance 1
    gains_db = levels_db - 20 * torch.log10(sums * power.sqrt())
    top = hz_to_mel(torch.tensor([sample_rate / 2]))
    centres = mel_to_hz(torch.arange(1, BANDS + 1) / (BANDS + 1) * top)
    bins = np.linspace(0, sample_rate / 2, n_fft // 2 + 1)
    curves = np.stack([np.interp(bins, centres, row) for row in gains_db.numpy()])
    cepstra = np.fft.irfft(curves * math.log(10) / 20)
    cepstra[:, 1 : n_fft // 2] *= 2  # fold the anticausal part onto the causal one
    cepstra[:, n_fft // 2 + 1 :] = 0
    return torch.from_numpy(np.exp(np.fft.rfft(cepstra)).T.astype(np.complex64))


def _sizes(sample_rate: int) -> tuple[int, int]:
    """Window and hop, in samples."""
    return 2 * round(WINDOW_S * sample_rate / 2), round(HOP_S * sample_rate)
