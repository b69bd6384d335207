r"""A note as the image that GANSynth generates: log magnitude, and phase or instantaneous frequency.

    y_0 = 1.6 (\ln(|X| + \epsilon) - \ln \epsilon) / (L - \ln \epsilon) - 0.8,   y_1 = 0.8 \nu

L is the loudest log magnitude.  The tanh of a generator reaches 1 only at infinity: the image stays where it is
nearly linear.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 2.1
            and appendix D, and its code, magenta's `specgrams_helper` and `data_normalizer`.
Implements: `to_image`, `to_audio`; the configuration, `ImageConfig`, is in `image_config`.
Differs:    as the configuration says.
See:        chapter 15, "Phase and instantaneous frequency".
"""

import math

import torch
from jaxtyping import Complex, Float
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio.check import check_waveform
from tinyaudio.errors import AudioError
from tinyaudio.represent.if_mel import (
    from_complex_mel,
    from_if_mel,
    to_complex_mel,
    to_if_mel,
)
from tinyaudio.represent.ifreq import centre_phase, instantaneous_frequency, phase_from_frequency
from tinyaudio.represent.image_config import RANGE as RANGE
from tinyaudio.represent.image_config import ImageConfig as ImageConfig
from tinyaudio.represent.spectrum import istft, stft


def to_image(audio: Float[Tensor, "B 1 T"], config: ImageConfig) -> Float[Tensor, "B 2 N F"]:
    """Notes as images, nearly all within -0.8 to 0.8.

    Args:
        audio: At least a window long; where it is shorter than ``config.n_samples``, silence follows.
        config: Size and conventions.

    Returns:
        Channel 0: log magnitude, -0.8 for silence.  Channel 1: 0.8 times the phase, or its turn a hop, in half
        turns.

    Raises:
        AudioError: The sound is too short or too long, or not in floating point.

    Example:
        >>> to_image(torch.zeros(3, 1, 64_000), ImageConfig.paper()).shape
        torch.Size([3, 2, 256, 512])
    """
    check_waveform(audio)
    if not config.n_fft <= audio.shape[2] <= config.n_samples:
        raise AudioError(
            f"{audio.shape[2]} samples do not fit an image of {config.n_frames} frames; give from a window,"
            f" {config.n_fft}, to {config.n_samples}"
        )
    audio = F.pad(audio.squeeze(1), (0, config.n_samples - audio.shape[2]))
    spectrum = _analyze(audio, config)
    if config.phase_origin == "middle":
        spectrum = centre_phase(spectrum)
    spectrum = spectrum[:, config.first_bin : config.first_bin + config.n_bins]
    if config.kind == "complex_mel":
        spectrum = to_complex_mel(spectrum, config.mel_rate)
    level = (spectrum.abs() + config.epsilon).log().transpose(1, 2)
    phase = spectrum.angle()
    turn = phase / math.pi if config.kind == "phase" else instantaneous_frequency(phase)
    turn = turn.transpose(1, 2)
    if config.kind == "if_mel":
        level, turn = to_if_mel(level, turn, config.mel_rate, config.epsilon)
    floor = math.log(config.epsilon)
    scaled = 2 * RANGE * (level - floor) / (config.loudest - floor) - RANGE
    return torch.stack([scaled, RANGE * turn], dim=1)


def to_audio(image: Float[Tensor, "B 2 N F"], config: ImageConfig) -> Float[Tensor, "B 1 T"]:
    """Sound from images: the inverse of `to_image`, as far as its kind has one.

    What the image does not hold is silent: the bin that was dropped, and bins above ``n_bins``.

    Args:
        image: As `to_image` or a generator makes it.
        config: The same.

    Returns:
        Notes of ``config.n_samples``.

    Raises:
        AudioError: The image has another size, or is not in floating point.

    Example:
        >>> note = torch.sin(torch.arange(64_000.0) / 5)[None, None]
        >>> back = to_audio(to_image(note, ImageConfig.paper()), ImageConfig.paper())
        >>> (back - note).norm() < 1e-4 * note.norm()
        tensor(True)
    """
    check_waveform(image, "an image")
    wanted = (2, config.n_frames, config.n_bins)
    if tuple(image.shape[1:]) != wanted:
        raise AudioError(f"an image of {tuple(image.shape[1:])}; this configuration has {wanted}")
    floor = math.log(config.epsilon)
    level = (image[:, 0] + RANGE) / (2 * RANGE) * (config.loudest - floor) + floor
    turn = image[:, 1] / RANGE
    if config.kind == "if_mel":
        level, turn = from_if_mel(level, turn, config.mel_rate, config.epsilon)
    magnitude = level.exp().transpose(1, 2)
    if config.exact:
        magnitude = (magnitude - config.epsilon).clamp(min=0)
    turn = turn.transpose(1, 2)
    phase = math.pi * turn if config.kind == "phase" else phase_from_frequency(turn)
    spectrum = torch.polar(magnitude, phase)
    if config.kind == "complex_mel":
        spectrum = from_complex_mel(spectrum, config.mel_rate)
    above = config.n_fft // 2 + 1 - config.first_bin - config.n_bins
    spectrum = F.pad(spectrum, (0, 0, config.first_bin, above))
    if config.phase_origin == "middle":
        spectrum = centre_phase(spectrum)
    return _synthesize(spectrum, config)[:, None]


def _analyze(audio: Float[Tensor, "B T"], config: ImageConfig) -> Complex[Tensor, "B G N"]:
    """All bins of all frames."""
    silence = config.span - audio.shape[1]
    if config.padding == "end":
        return stft(F.pad(audio, (0, silence)), config.n_fft, config.hop_length)
    window = torch.hann_window(config.n_fft, dtype=audio.dtype, device=audio.device)
    frames = F.pad(audio, (silence, 0)).unfold(1, config.n_fft, config.hop_length)
    return torch.fft.rfft(frames * window).transpose(1, 2)


def _synthesize(spectrum: Complex[Tensor, "B G N"], config: ImageConfig) -> Float[Tensor, "B T"]:
    """Overlapped and added frames."""
    if config.padding == "end":
        return istft(spectrum, config.hop_length, config.n_samples)
    n_fft, hop = config.n_fft, config.hop_length
    window = torch.hann_window(n_fft, dtype=spectrum.real.dtype, device=spectrum.device)
    frames = torch.fft.irfft(spectrum, n_fft, dim=1) * window[:, None]
    added = F.fold(frames, (1, config.span), (1, n_fft), stride=(1, hop)).flatten(1)
    # The squared windows add up to this where frames overlap fully, which is not so at the end.
    overlap = window.square().sum() / hop
    return added[:, -config.n_samples :] / overlap
