r"""A spectrogram brought nearer to a mel spectrogram, and to being the spectrogram of some sound.

First its magnitudes get the levels of the mel bands; then rounds of Griffin and Lim's algorithm change
its phase, from the one that it has:

    s \leftarrow M e^{i \arg d},   d = c + \alpha (c - c_{before}),   c = stft(istft(s))

Without momentum alpha every step can be differentiated, so that a network can be trained through them.

Paper:      Griffin & Lim 1984; Perraudin, Balazs & Søndergaard 2013, for the momentum.
Implements: `refine`.
Differs:    from `tinyaudio.represent.spectrum.griffin_lim` in where it starts, and in that the magnitudes
            inside a band are its own.
"""

from jaxtyping import Complex, Float
from torch import Tensor

from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT
from tinyaudio.represent.source_filter import match_levels
from tinyaudio.represent.spectrum import istft, stft

SMALLEST = 1e-5  # added to a magnitude that divides
SILENCE = -1 + 1e-6  # of `log_mel`, in all bands


def refine(
    spectrum: Complex[Tensor, "*batch F N"],
    frames: Float[Tensor, "*batch M N"],
    sample_rate: int,
    *,
    n_match: int,
    n_rounds: int,
    momentum: float = 0.0,
) -> Complex[Tensor, "*batch F N"]:
    """Match a spectrogram to mel bands and make it consistent.

    Args:
        spectrum: Of `tinyaudio.represent.spectrum.stft`.
        frames: Of `tinyaudio.represent.logmel.log_mel`.
        sample_rate: In Hz.
        n_match: Rounds of `match_levels`; 0 keeps the magnitudes.  Else frames of silence become silent.
        n_rounds: Rounds of Griffin-Lim; 0 keeps the phase.
        momentum: alpha, from 0 to below 1.

    Returns:
        The spectrogram, for `tinyaudio.represent.spectrum.istft`.

    Example:
        >>> import torch
        >>> from tinyaudio.represent.logmel import log_mel
        >>> audio = torch.sin(torch.arange(4_096) / 5)[None]
        >>> frames = log_mel(audio[:, None], 16_000)
        >>> louder = istft(refine(stft(audio / 9), frames, 16_000, n_match=4, n_rounds=2))
        >>> round(louder[0, 1_000:3_000].abs().max().item(), 1)
        1.0
    """
    magnitude = spectrum.abs()
    if n_match:
        sounding = (frames > SILENCE).any(dim=-2, keepdim=True)
        magnitude = match_levels(magnitude, frames, sample_rate, n_match) * sounding
    estimate, before = magnitude * unit(spectrum), spectrum
    for _ in range(n_rounds):
        consistent = stft(istft(estimate, HOP_LENGTH), N_FFT, HOP_LENGTH)
        estimate = magnitude * unit(consistent + momentum * (consistent - before))
        before = consistent
    return estimate


def unit(spectrum: Complex[Tensor, "*batch F N"]) -> Complex[Tensor, "*batch F N"]:
    """The phase alone: magnitudes of 1, except where they are all but 0."""
    return spectrum / (spectrum.abs() + SMALLEST)
