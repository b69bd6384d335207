r"""Where the harmonics of a pitch lie in the image of a note: what can be computed and need not be learned.

    f_k = k f_0,   |W(d)| = \left|\frac{\sin \pi d}{\pi d (1 - d^2)}\right|,   \nu_k = wrap(2 k f_0 h / f_s)

A stationary harmonic of frequency f_k shows in two ways.  Around it, the magnitude has the shape of the
window's spectrum W, d bins from the centre; and every bin of this main lobe turns by nu_k half turns a hop h.

Paper:      Harris, "On the use of windows for harmonic analysis with the discrete Fourier transform", 1978, for
            the spectrum of the Hann window; Serra & Smith, "Spectral modeling synthesis", 1990, for harmonics
            and what is left between them.
Implements: `harmonic_template`, `HarmonicTemplate`, `hann_spectrum`.
See:        `tinyaudio.models.gansynth_small`, whose networks are given it; part 4, "Sound as a picture".
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.errors import ConfigError
from tinyaudio.represent.gansynth_image import ImageConfig
from tinyaudio.represent.ifreq import wrap

LOBE_DB = 60.0  # the template's level is 0 so far below the centre of a main lobe
FAR_BINS = 4.0  # from the nearest harmonic; twice as far as a main lobe of a Hann window reaches


class HarmonicTemplate(NamedTuple):
    """Pictures of where the harmonics of each pitch lie; in time, nothing but the first frame differs.

    Attributes:
        level: Of a main lobe around every harmonic, from 1 at its centre to 0, 60 dB below.
        offset: Bins from the nearest harmonic, over 4, in [-1, 1].
        parity: 1 at even harmonics, -1 at odd ones, and the cosine in between.
        expected: IF of the nearest harmonic in half turns a hop; 0 in the first frame, which holds the phase.
    """

    level: Float[Tensor, "P F"]
    offset: Float[Tensor, "P F"]
    parity: Float[Tensor, "P F"]
    expected: Float[Tensor, "P N F"]


def harmonic_template(pitches: Sequence[int], image: ImageConfig) -> HarmonicTemplate:
    """What the image of a stationary harmonic tone looks like, for every pitch.

    Args:
        pitches: MIDI.
        image: Of kind "if", without the bin of 0 Hz, and with phases that count from the middle of a frame.

    Raises:
        ConfigError: The image has other conventions.

    Example:
        >>> template = harmonic_template([69], ImageConfig.small())  # 440 Hz: at 28.16 bins
        >>> template.level[0, [26, 27, 28, 29]].round(decimals=2), template.level[0, 13]  # from bin 1 on
        (tensor([0.8600, 1.0000, 0.9300, 0.5100]), tensor(0.))
        >>> template.expected[0, :3, 27]  # 2 * 440 * 512 / 16,000 is 28.16
        tensor([0.0000, 0.1600, 0.1600])
    """
    if (image.kind, image.dropped, image.phase_origin) != ("if", "dc", "middle"):
        raise ConfigError("image", image.kind, "must be as ImageConfig.small() has it")
    f_0 = torch.tensor([[midi_to_hz(p)] for p in pitches], dtype=torch.float64)  # (P, 1)
    width = image.sample_rate / image.n_fft  # of a bin, in Hz
    b = torch.arange(1, image.n_bins + 1, dtype=torch.float64)  # (F,)
    k = (b * width / f_0).round().clamp(min=1)  # (P, F), the nearest harmonic
    d = b - k * f_0 / width  # (P, F), bins from it
    level = 1 + 20 / LOBE_DB * hann_spectrum(d).clamp(min=1e-9).log10()
    turn = wrap(2 * k * f_0 * image.hop_length / image.sample_rate)
    expected = turn[:, None].repeat(1, image.n_frames, 1)
    expected[:, 0] = 0
    parity = torch.cos(math.pi * b * width / f_0)
    maps = (level.clamp(min=0), (d / FAR_BINS).clamp(-1, 1), parity, expected)
    return HarmonicTemplate(*(one.float() for one in maps))


def hann_spectrum(bins: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    r"""Magnitude of a sinusoid so many bins from its frequency: |W(d)|, 1 at the centre, 0 at 2 bins.

    Example:
        >>> hann_spectrum(torch.tensor([0.0, 0.5, 1.0, 2.0])).round(decimals=3)
        tensor([1.0000, 0.8490, 0.5000, 0.0000])
    """
    one = (bins.abs() - 1).abs() < 1e-6  # where the quotient is 0 / 0
    return torch.where(one, 0.5, torch.sinc(bins) / torch.where(one, 1, 1 - bins.square())).abs()
