r"""Instantaneous frequency: how far the phase of every bin turns from frame to frame.

    \nu_{f,n} = wrap((\phi_{f,n} - \phi_{f,n-1}) / \pi),   \nu_{f,0} = \phi_{f,0} / \pi,   wrap to (-1, 1]

It is counted in half turns a hop.  At its bin, a stationary sinusoid of f Hz has the same value in every
frame, wrap(2 f h / f_s), for a hop of h samples at f_s Hz, while its phase changes all the time.  Summed over
the frames it is the phase again, modulo a turn; together with the magnitude that is the whole sound.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 2.1;
            Boashash, "Estimating and interpreting the instantaneous frequency of a signal", 1992.
Implements: `wrap`, `instantaneous_frequency`, `phase_from_frequency`; `log_magnitude_and_if` of a sound and
            its inverse, `from_log_magnitude_and_if`; `centre_phase`.
Differs:    from the paper and its code, the bins of 0 Hz and of half the sample rate are kept, frames cover
            both ends, and nothing is added to the magnitude: so the sound returns over its full length.  What
            the paper and the code do is in `gansynth_image`.
See:        chapter 15, "Phase and instantaneous frequency".
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError
from tinyaudio.represent.spectrum import istft, stft


def wrap(half_turns: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The same angle in (-1, 1] half turns.

    Example:
        >>> wrap(torch.tensor([0.25, 1.0, 1.25, -1.0, 5.5]))
        tensor([ 0.2500,  1.0000, -0.7500,  1.0000, -0.5000])
    """
    return half_turns - 2 * torch.ceil((half_turns - 1) / 2)


def instantaneous_frequency(phase: Float[Tensor, "*batch F N"]) -> Float[Tensor, "*batch F N"]:
    """The turn of each bin from frame to frame.

    The difference is wrapped, not the phase unwrapped: the two agree, but unwrapped phase grows with the length
    of the clip, and loses digits.

    Args:
        phase: In radians, wrapped or not, as ``stft(audio).angle()`` has it.

    Returns:
        Half turns a hop in (-1, 1]; in the first frame the phase itself, in half turns.

    Raises:
        AudioError: The phase is not in floating point, or there is no frame.

    Example:
        >>> phase = torch.tensor([[3.0, -3.0, -2.8]])  # through half a turn, forwards
        >>> instantaneous_frequency(phase)
        tensor([[0.9549, 0.0901, 0.0637]])
    """
    check_waveform(phase, "a phase in radians")
    if phase.shape[-1] == 0:
        raise AudioError("a phase without frames; use a clip of a sample or more")
    # On a grid of eps, the differences are exact, so that their sum does not drift.
    eps = torch.finfo(phase.dtype).eps
    half_turns = torch.round(phase / math.pi / eps) * eps
    return torch.cat([half_turns[..., :1], wrap(half_turns.diff(dim=-1))], dim=-1)


def phase_from_frequency(
    frequency: Float[Tensor, "*batch F N"],
) -> Float[Tensor, "*batch F N"]:
    r"""Undo `instantaneous_frequency`: \phi_n = \pi \sum_{m \le n} \nu_m.

    Args:
        frequency: Half turns a hop; in the first frame the phase itself, in half turns.

    Returns:
        The phase in radians, in (-pi, pi].

    Raises:
        AudioError: The frequency is not in floating point.

    Example:
        >>> phase_from_frequency(torch.tensor([[0.5, 0.25, 0.5]])) / math.pi
        tensor([[ 0.5000,  0.7500, -0.7500]])
    """
    check_waveform(frequency, "an instantaneous frequency in half turns a hop")
    return math.pi * wrap(frequency.double().cumsum(dim=-1)).to(frequency)


def log_magnitude_and_if(
    audio: Float[Tensor, "B 1 T"], n_fft: int = 1024, hop_length: int = 256
) -> Float[Tensor, "B 2 N F"]:
    """A sound as an image of two channels, from which it returns exactly.

    Args:
        audio: The sounds, of any length.
        n_fft: Samples in a frame; even.
        hop_length: Samples from frame to frame, at most half a frame.

    Returns:
        Channel 0: ln |X|; at silence the logarithm of the smallest number, which is finite.
        Channel 1: instantaneous frequency in half turns a hop, in the first frame the phase.
        N = 1 + ceil(T / hop_length) frames, F = n_fft / 2 + 1 bins.

    Raises:
        AudioError: The sound is not in floating point, or the frames have no inverse.

    Example:
        >>> tone = torch.sin(2 * torch.pi * 440 * torch.arange(16_000) / 16_000)[None, None]
        >>> image = log_magnitude_and_if(tone, 2048, 512)
        >>> image.shape, image[0, 1, 16, 56]  # of the bin at 437.5 Hz: 2 * 440 * 512 / 16,000 is 28.16
        (torch.Size([1, 2, 33, 1025]), tensor(0.1600))
    """
    spectrum = stft(audio.squeeze(1), n_fft, hop_length)
    magnitude = spectrum.abs()
    log_magnitude = magnitude.clamp(min=torch.finfo(magnitude.dtype).tiny).log()
    image = torch.stack([log_magnitude, instantaneous_frequency(spectrum.angle())], dim=1)
    return image.transpose(2, 3)


def from_log_magnitude_and_if(
    image: Float[Tensor, "B 2 N F"],
    n_fft: int = 1024,
    hop_length: int = 256,
    n_samples: int | None = None,
) -> Float[Tensor, "B 1 T"]:
    """Undo `log_magnitude_and_if`.

    Args:
        image: Its two channels.
        n_fft: As it was given.
        hop_length: As it was given.
        n_samples: Wanted, at most (N - 1) hop_length; all of them by default.

    Returns:
        The sounds.

    Raises:
        AudioError: The image has another number of bins or too few frames.

    Example:
        >>> audio = torch.randn(1, 1, 5_000, generator=torch.manual_seed(0))
        >>> back = from_log_magnitude_and_if(log_magnitude_and_if(audio), n_samples=5_000)
        >>> (back - audio).abs().max() < 1e-5
        tensor(True)
    """
    if image.shape[3] != n_fft // 2 + 1:
        raise AudioError(
            f"an image of {image.shape[3]} bins: n_fft {n_fft} has {n_fft // 2 + 1}; use that of the analysis"
        )
    log_magnitude, frequency = image.transpose(2, 3).unbind(dim=1)
    spectrum = torch.polar(log_magnitude.exp(), phase_from_frequency(frequency))
    return istft(spectrum, hop_length, n_samples)[:, None]


def centre_phase(spectrum: Complex[Tensor, "*batch F N"]) -> Complex[Tensor, "*batch F N"]:
    r"""Count the phases of `stft` from the middle of each frame, and not from its start; or back again.

    X_f e^{i \pi f} = (-1)^f X_f

    From the middle, all bins of one partial have the same phase; from the start, neighbours have opposite ones.
    Instantaneous frequency is the same, but for the first frame.

    Args:
        spectrum: All bins from 0 Hz on.

    Example:
        >>> spectrum = stft(torch.sin(2 * torch.pi * 1_000 * torch.arange(4_096.0) / 16_000))
        >>> for X in (spectrum, centre_phase(spectrum)):
        ...     X[63:66, 8].angle().round(decimals=1)
        tensor([ 1.6000, -1.6000,  1.6000])
        tensor([-1.6000, -1.6000, -1.6000])
    """
    signs = torch.ones(spectrum.shape[-2], 1, device=spectrum.device)
    signs[1::2] = -1
    return spectrum * signs
