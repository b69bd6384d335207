r"""Spectra on a mel axis of as many bands as there were bins: the published IF-mel, and one that returns.

    |Y|^2 = |X|^2 M,   \phi_Y = \phi_X M          [as published, the phase unwrapped]

    Y = X M                                      [ours, the spectrum complex]

M (F, F) spreads low bins over several bands and gathers high ones: so a generator has more pixels where the
harmonics of low notes lie.  The published way takes power and phase apart.  A band of several bins then gets a
weighted sum of their phases, which is the phase of none of them, and as a waveform the sound is lost; heard, it
is close.  The same M on the complex spectrum keeps magnitude and phase together.  There, phases are counted
from the middle of the frame: from its start, neighbouring bins of a partial have opposite signs, and cancel.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 2.1,
            and its code, magenta's `spectral_ops` and `specgrams_helper`.
Implements: `mel_matrix`, `approximate_inverse`; `to_if_mel` and `from_if_mel`, as published; `to_complex_mel`
            and `from_complex_mel`, ours.
Differs:    the phase is summed in double precision.  Ours gives the first band, which the published matrix
            leaves empty, to the lowest bin.
See:        chapter 15, "Phase and instantaneous frequency".
"""

import math
from functools import cache

import torch
from jaxtyping import Complex, Float
from torch import Tensor

from tinyaudio.represent.ifreq import instantaneous_frequency

BREAK_HZ, SCALE = 700.0, 1127.0  # mel(f) = 1127 ln(1 + f / 700): HTK's scale, as in `melscale`
MIN_WIDTH = 1.5  # of a band, in bins
RCOND = 1e-3  # singular values below this share of the largest are taken for 0


@cache
def mel_matrix(n_bins: int, sample_rate: float | int = 16_000) -> Float[Tensor, "F M"]:
    """The released code's M: as many triangles as bins, equally spaced in mel, in double precision.

    A band narrower than 1.5 bins is widened about its centre.  The released code keeps all corners in one
    array, so that widening band m moves the centre of band m + 1 and edges of others as well.  That is
    followed here, since models were trained on it: the matrix of 1,024 bands has rank 811, and would have 726
    otherwise.  The lowest bin counts as 0 Hz and has no weight, although the released image has no bin of 0 Hz.

    Args:
        n_bins: Bins F, and bands M.
        sample_rate: In Hz.

    Returns:
        The matrix; do not change it, it is kept.

    Example:
        >>> M = mel_matrix(1024)
        >>> M.shape, (M.sum(dim=0) == 0).nonzero().tolist(), (M.sum(dim=1) == 0).nonzero().tolist()
        (torch.Size([1024, 1024]), [[0]], [[0], [1023]])
    """
    nyquist = sample_rate / 2
    highest = SCALE * math.log1p(nyquist / BREAK_HZ)
    corners = [highest * m / (n_bins + 1) for m in range(n_bins + 2)]
    half = MIN_WIDTH * nyquist / n_bins / 2
    for m in range(n_bins):
        low, middle, high = (_mel_to_hz(mel) for mel in corners[m : m + 3])
        if high - low < 2 * half:
            # as much in Hz on both sides together
            reach = SCALE * math.asinh(half / (middle + BREAK_HZ))
            corners[m], corners[m + 2] = corners[m + 1] - reach, corners[m + 1] + reach
    hz = torch.tensor([_mel_to_hz(mel) for mel in corners], dtype=torch.float64)
    left, centre, right = hz[:-2], hz[1:-1], hz[2:]
    bins = torch.linspace(0, nyquist, n_bins, dtype=torch.float64)[:, None]
    rising, falling = (bins - left) / (centre - left), (right - bins) / (right - centre)
    matrix = torch.minimum(rising, falling).clamp(min=0)
    matrix[0] = 0
    return matrix


@cache
def approximate_inverse(n_bins: int, sample_rate: float | int = 16_000) -> Float[Tensor, "M F"]:
    r"""The published inverse, M^T D with D_f = 1 / \sum_k (M M^T)_{k f}: right on average, not bin by bin.

    Example:
        >>> M = mel_matrix(1024)
        >>> error = M @ approximate_inverse(1024) - torch.eye(1024)
        >>> round(error.norm().item() / 1024**0.5, 2)  # 1 if everything were lost
        0.51
    """
    matrix = mel_matrix(n_bins, sample_rate)
    sums = (matrix @ matrix.T).sum(dim=0)
    return matrix.T / torch.where(sums > 1e-8, sums, 1)


@cache
def _complex_matrix(n_bins: int, sample_rate: float | int) -> Float[Tensor, "F M"]:
    """M, with the lowest bin in the first band."""
    matrix = mel_matrix(n_bins, sample_rate).clone()
    matrix[0, 0] = 1
    return matrix


@cache
def _complex_inverse(n_bins: int, sample_rate: float | int) -> Float[Tensor, "M F"]:
    """The pseudo-inverse, without the singular values that are nearly 0."""
    return torch.linalg.pinv(_complex_matrix(n_bins, sample_rate), rtol=RCOND)


def to_if_mel(
    log_magnitude: Float[Tensor, "*batch N F"],
    frequency: Float[Tensor, "*batch N F"],
    sample_rate: float | int = 16_000,
    epsilon: float = 1e-6,
) -> tuple[Float[Tensor, "*batch N F"], Float[Tensor, "*batch N F"]]:
    """Log magnitude and instantaneous frequency to log *power* in mel bands and their IF, as published.

    Args:
        log_magnitude: ln |X|.
        frequency: Half turns a hop, in the first frame the phase; see `tinyaudio.represent.ifreq`.
        sample_rate: In Hz.
        epsilon: Added to the power before the logarithm.

    Returns:
        ln(power + epsilon), and half turns a hop; in the first frame the weighted phase, which may be beyond 1.

    Example:
        >>> tone = torch.zeros(5, 512).index_fill(1, torch.tensor([100]), 1.0)
        >>> level, turn = to_if_mel(10 * tone - 10, 0.25 * tone)
        >>> level.shape, turn.shape
        (torch.Size([5, 512]), torch.Size([5, 512]))
    """
    matrix = mel_matrix(log_magnitude.shape[-1], sample_rate)
    power, mel_frequency = _weighted((2 * log_magnitude).exp(), frequency, matrix)
    return (power + epsilon).log(), mel_frequency


def from_if_mel(
    log_power: Float[Tensor, "*batch N F"],
    mel_frequency: Float[Tensor, "*batch N F"],
    sample_rate: float | int = 16_000,
    epsilon: float = 1e-6,
) -> tuple[Float[Tensor, "*batch N F"], Float[Tensor, "*batch N F"]]:
    """The published, approximate inverse of `to_if_mel`.

    Example:
        >>> tone = torch.zeros(5, 512).index_fill(1, torch.tensor([100]), 1.0)
        >>> level, turn = from_if_mel(*to_if_mel(10 * tone - 10, 0.25 * tone))
        >>> level.argmax(dim=1).tolist()
        [100, 100, 100, 100, 100]
    """
    inverse = approximate_inverse(log_power.shape[-1], sample_rate)
    power, frequency = _weighted(log_power.exp(), mel_frequency, inverse)
    return (power + epsilon).log() / 2, frequency


def to_complex_mel(
    spectrum: Complex[Tensor, "*batch F N"], sample_rate: float | int = 16_000
) -> Complex[Tensor, "*batch F N"]:
    """The bins of a complex spectrum, magnitude and phase together, gathered into mel bands.

    Args:
        spectrum: As many bins as bands; phases counted from the middle of each frame, as
            `tinyaudio.represent.ifreq.centre_phase` has them.
        sample_rate: In Hz.

    Example:
        >>> to_complex_mel(torch.ones(512, 3, dtype=torch.complex64)).shape
        torch.Size([512, 3])
    """
    return _complex_matrix(spectrum.shape[-2], sample_rate).to(spectrum).T @ spectrum


def from_complex_mel(
    mels: Complex[Tensor, "*batch F N"], sample_rate: float | int = 16_000
) -> Complex[Tensor, "*batch F N"]:
    """Undo `to_complex_mel` by the pseudo-inverse: least squares, of smallest norm where it is not unique.

    Example:
        >>> mels = to_complex_mel(torch.ones(512, 3, dtype=torch.complex64))
        >>> torch.allclose(to_complex_mel(from_complex_mel(mels)), mels, atol=0.01)
        True
    """
    return _complex_inverse(mels.shape[-2], sample_rate).to(mels).T @ mels


def _weighted(
    power: Float[Tensor, "*batch N F"],
    frequency: Float[Tensor, "*batch N F"],
    matrix: Float[Tensor, "F F"],
) -> tuple[Float[Tensor, "*batch N F"], Float[Tensor, "*batch N F"]]:
    """Sums of the power and of the unwrapped phase over bins, the latter as instantaneous frequency."""
    matrix = matrix.to(power.device)
    # A sum of wrapped steps is unwrapped.
    phase = math.pi * frequency.double().cumsum(dim=-2) @ matrix
    return power @ matrix.to(power), _frequency(phase).to(frequency)


def _frequency(phase: Float[Tensor, "*batch N F"]) -> Float[Tensor, "*batch N F"]:
    """`instantaneous_frequency` of frames along the last axis but one."""
    return instantaneous_frequency(phase.transpose(-1, -2)).transpose(-1, -2)


def _mel_to_hz(mel: float) -> float:
    return BREAK_HZ * math.expm1(mel / SCALE)
