"""Magnitude and instantaneous frequency of a clip in one picture.

Paper:      Engel et al., "Neural audio synthesis of musical notes with WaveNet autoencoders", 2017
            (arXiv:1704.01279), section 4.1.
Implements: `rainbowgram`.
Differs:    theirs has a constant-Q transform, whose bins are equally far apart in pitch.
See:        chapter 15, "Phase and instantaneous frequency".
"""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import to_mono
from tinyaudio.audio.check import check_waveform
from tinyaudio.represent.ifreq import instantaneous_frequency
from tinyaudio.represent.spectrum import stft


def rainbowgram(
    audio: Float[Tensor, "*channels time"],
    sample_rate: int,
    ax: Any = None,
    *,
    n_fft: int = 1024,
    hop_length: int = 256,
    floor_db: float = -60.0,
    highest_hz: float | int | None = None,
) -> Any:
    """Draw the magnitude as brightness and the instantaneous frequency as hue.

    A steady partial keeps one colour, whatever its phase; noise is of all colours.

    Args:
        audio: The clip; several channels are mixed to one.
        sample_rate: In Hz.
        ax: Matplotlib axes to draw on; the current ones by default.
        n_fft: Samples in a frame.
        hop_length: Samples from frame to frame.
        floor_db: What is quieter than this, below the loudest point, is drawn black.
        highest_hz: Upper end of the picture; half the sample rate by default.

    Returns:
        The axes.
    """
    from matplotlib import pyplot as plt
    from matplotlib.colors import hsv_to_rgb

    check_waveform(audio)
    ax = ax if ax is not None else plt.gca()
    mono = to_mono(audio.detach().cpu().float().reshape(-1, audio.shape[-1])).squeeze(0)
    spectrum = stft(mono, n_fft, hop_length)
    db = 20 * spectrum.abs().clamp_min(1e-9).log10()
    brightness = (1 - (db - db.max()) / floor_db).clamp(0, 1)
    hue = (instantaneous_frequency(spectrum.angle()) + 1) / 2  # -1 and 1 half turns are one colour
    picture = hsv_to_rgb(torch.stack([hue, torch.ones_like(hue), brightness], dim=2).numpy())
    # A cell stands for half a hop and half a bin on either side of its centre.
    column_s, row_khz = hop_length / sample_rate, sample_rate / n_fft / 1000
    n_rows, n_columns = db.shape
    extent = (
        -column_s / 2, (n_columns - 0.5) * column_s, -row_khz / 2, (n_rows - 0.5) * row_khz
    )  # fmt: skip
    ax.imshow(picture, origin="lower", aspect="auto", extent=extent, interpolation="nearest")
    ax.set(xlabel="time (s)", xlim=(0, audio.shape[-1] / sample_rate))
    ax.set(ylabel="frequency (kHz)", ylim=(0, (highest_hz or sample_rate / 2) / 1000))
    return ax
