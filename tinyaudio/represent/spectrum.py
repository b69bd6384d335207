r"""The short-time Fourier transform, its inverse, and sound from magnitudes alone.

    X[f, n] = \sum_m x[n h + m - N/2]\, w[m]\, e^{-2\pi i f m / N},   w[m] = \sin^2(\pi m / N)

Paper:      Allen & Rabiner (1977) for the transform and its inverse; Griffin & Lim (1984) and
            Perraudin, Balazs & Søndergaard (2013) for a phase where there is none.
Implements: `stft`, `istft`, `log_magnitude`, `from_log_magnitude`, `griffin_lim`.  The mel scale has
            a file of its own, `melscale`: `mel`, `mel_to_linear`, `mel_filterbank`.
Differs:    the sound is padded with zeros to whole hops, so that any length comes back exactly;
            for those lengths that are whole hops, N and the values are those of `torch.stft`.
See:        chapter 1, "Sound into numbers".
"""

import torch
from jaxtyping import Complex, Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError
from tinyaudio.represent.melscale import mel, mel_filterbank, mel_to_linear

__all__ = [
    "from_log_magnitude",
    "griffin_lim",
    "istft",
    "log_magnitude",
    "mel",
    "mel_filterbank",
    "mel_to_linear",
    "stft",
]


def stft(
    audio: Float[Tensor, "*batch T"], n_fft: int = 1024, hop_length: int = 256
) -> Complex[Tensor, "*batch F N"]:
    """Cut a sound into overlapping frames and take the spectrum of each.

    Frame n is centred on sample n * hop_length. A sine of amplitude A, away from 0 Hz and from the
    Nyquist frequency, reaches the magnitude A n_fft / 4.

    Args:
        audio: The sound, of any length.
        n_fft: Samples in a frame, under a Hann window; even.
        hop_length: Samples from frame to frame, at most half a frame.

    Returns:
        F = n_fft / 2 + 1 bins, sample_rate / n_fft Hz apart; N = 1 + ceil(T / hop_length) frames.

    Raises:
        AudioError: The frames would not overlap enough for an inverse, or the sound is not in
            floating point.

    Example:
        >>> t = torch.arange(16_000) / 16_000
        >>> spectrum = stft(torch.sin(2 * torch.pi * 1000 * t))
        >>> spectrum.shape, spectrum[:, 30].abs().argmax().item() * 16_000 / 1024
        (torch.Size([513, 64]), 1000.0)
    """
    check_waveform(audio)
    _check(n_fft, hop_length)
    length = audio.shape[-1]
    padded = F.pad(audio, (n_fft // 2, n_fft // 2 + -length % hop_length))
    frames = torch.stft(
        padded.reshape(-1, padded.shape[-1]),
        n_fft,
        hop_length,
        window=_hann(n_fft, audio),
        center=False,  # padded above: reflection would need sounds longer than half a frame
        return_complex=True,
    )
    return frames.reshape(*audio.shape[:-1], *frames.shape[-2:])


def istft(
    spectrum: Complex[Tensor, "*batch F N"], hop_length: int = 256, length: int | None = None
) -> Float[Tensor, "*batch T"]:
    r"""The inverse of `stft`: the least-squares sound, exact if the spectrum belongs to one.

    x[t] = \sum_n w[t - n h] x_n[t - n h] / \sum_n w^2[t - n h],   x_n the inverse of frame n

    Args:
        spectrum: As `stft` returns it.
        hop_length: As given to `stft`.
        length: Samples wanted, at most (N - 1) * hop_length; `None` gives all of them.

    Returns:
        The sound.

    Raises:
        AudioError: The length does not fit the frames.

    Example:
        >>> audio = torch.sin(torch.arange(1000.0))
        >>> torch.allclose(istft(stft(audio), length=1000), audio, atol=1e-6)
        True
    """
    n_fft = 2 * (spectrum.shape[-2] - 1)
    _check(n_fft, hop_length)
    longest = (spectrum.shape[-1] - 1) * hop_length
    length = longest if length is None else length
    if not 0 <= length <= longest:
        raise AudioError(
            f"{spectrum.shape[-1]} frames, {hop_length} samples apart, hold {longest} samples,"
            f" not {length}; use the hop_length and length of the analysis"
        )
    if longest == 0:
        return spectrum.real.new_zeros(*spectrum.shape[:-2], 0)
    audio = torch.istft(
        spectrum.reshape(-1, *spectrum.shape[-2:]),
        n_fft,
        hop_length,
        window=_hann(n_fft, spectrum.real),
        length=longest,
    )
    return audio.reshape(*spectrum.shape[:-2], longest)[..., :length]


def log_magnitude(
    magnitude: Float[Tensor, "*shape"], floor_db: float = -100.0, reference: float = 1.0
) -> Float[Tensor, "*shape"]:
    """Magnitude in dB, 20 log10(|X| / reference), not below a floor.

    Args:
        magnitude: Not negative: |X|, or mel.
        floor_db: What silence becomes; the logarithm of 0 would be minus infinity.
        reference: The magnitude of 0 dB. `n_fft / 4` makes that a sine at full scale.

    Returns:
        dB, at least `floor_db`.

    Example:
        >>> log_magnitude(torch.tensor([0.0, 0.5, 1.0]))
        tensor([-100.0000,   -6.0206,    0.0000])
    """
    check_waveform(magnitude, "a magnitude")
    return 20 * torch.log10((magnitude / reference).clamp(min=10 ** (floor_db / 20)))


def from_log_magnitude(
    level_db: Float[Tensor, "*shape"], reference: float = 1.0
) -> Float[Tensor, "*shape"]:
    """Undo `log_magnitude`; what lay below its floor stays at the floor.

    Example:
        >>> from_log_magnitude(torch.tensor([-20.0, 0.0]))
        tensor([0.1000, 1.0000])
    """
    return reference * 10 ** (level_db / 20)


def griffin_lim(
    magnitude: Float[Tensor, "*batch F N"],
    hop_length: int = 256,
    length: int | None = None,
    *,
    n_iter: int = 32,
    momentum: float = 0.99,
    seed: int = 0,
) -> Float[Tensor, "*batch T"]:
    r"""Find a sound whose spectrogram has these magnitudes, starting from random phase.

    Most arrays are the spectrogram of no sound at all. So two steps alternate: to the nearest
    spectrogram, c = stft(istft(s)), and back to the magnitudes asked for, keeping its phase:

        s \leftarrow |S| e^{i \arg d},   d = c + \alpha (c - c_{before})

    That is algorithm 2 of Perraudin et al. (2013). Without momentum alpha the distance between the
    two never grows [Griffin & Lim 1984]; with it, the end is usually nearer, though not every step
    is.

    Args:
        magnitude: |X| on the bins and frames of `stft`.
        hop_length: As given to `stft`.
        length: Samples wanted; `None` gives (N - 1) * hop_length.
        n_iter: Rounds; 32 for a listen, 100 for the best.
        momentum: alpha, from 0 to below 1; 0 is the method of 1984.
        seed: Of the first phase, the same on every device.

    Returns:
        The sound; its sign is arbitrary, since magnitudes do not determine it.

    Raises:
        AudioError: The momentum is out of range, or the length does not fit the frames.

    Example:
        >>> audio = torch.sin(torch.arange(4096.0) / 5)
        >>> wanted = stft(audio).abs()
        >>> found = stft(griffin_lim(wanted)).abs()
        >>> (found - wanted).norm() < 0.1 * wanted.norm()
        tensor(True)
    """
    check_waveform(magnitude, "a magnitude")
    if not 0 <= momentum < 1:
        raise AudioError(f"momentum {momentum} is outside 0 <= momentum < 1; try 0.99")
    n_fft = 2 * (magnitude.shape[-2] - 1)
    generator = torch.Generator().manual_seed(seed)
    phase = 2 * torch.pi * torch.rand(magnitude.shape, generator=generator)
    estimate = torch.polar(magnitude, phase.to(magnitude))
    before = torch.zeros_like(estimate)
    for _ in range(n_iter):
        consistent = stft(istft(estimate, hop_length), n_fft, hop_length)
        direction = consistent + momentum * (consistent - before)
        estimate = magnitude * direction / direction.abs().clamp(min=1e-16)
        before = consistent
    return istft(estimate, hop_length, length)


def _hann(n_fft: int, like: Tensor) -> Tensor:
    return torch.hann_window(n_fft, dtype=like.dtype, device=like.device)


def _check(n_fft: int, hop_length: int) -> None:
    """Refuse frames that have no inverse."""
    if n_fft < 2 or n_fft % 2 or not 1 <= hop_length <= n_fft // 2:
        raise AudioError(
            f"n_fft {n_fft} must be even, and hop_length {hop_length} from 1 to half of it,"
            " or the transform would have no inverse; try 1024 and 256"
        )
