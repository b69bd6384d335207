"""A clip drawn: amplitude against time, and frequency against time."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import to_mono
from tinyaudio.represent.spectrum import stft


def waveform(
    audio: Float[Tensor, "*channels time"], sample_rate: int, ax: Any = None, **line: Any
) -> Any:
    """Draw amplitude against time.

    Args:
        audio: The clip; several channels are mixed to one.
        sample_rate: In Hz.
        ax: Matplotlib axes to draw on; the current ones by default.
        line: Passed to ``ax.plot``: colour, width, label.

    Returns:
        The axes.
    """
    ax = _axes(ax)
    samples = to_mono(audio.reshape(-1, audio.shape[-1])).squeeze(0)
    ax.plot(torch.arange(len(samples)) / sample_rate, samples, **({"linewidth": 0.8} | line))
    ax.set(xlabel="time (s)", ylabel="amplitude")
    ax.margins(x=0)
    return ax


def spectrogram(
    audio: Float[Tensor, "*channels time"],
    sample_rate: int,
    ax: Any = None,
    *,
    n_fft: int = 1024,
    hop_length: int = 256,
    floor_db: float = -80.0,
) -> Any:
    """Draw the magnitude of the short-time Fourier transform, in dB below its loudest point.

    Args:
        audio: The clip; several channels are mixed to one.
        sample_rate: In Hz.
        ax: Matplotlib axes to draw on; the current ones by default.
        n_fft: Samples in a frame.
        hop_length: Samples from frame to frame.
        floor_db: What is quieter than this is drawn black.

    Returns:
        The axes.
    """
    ax = _axes(ax)
    magnitude = stft(to_mono(audio.reshape(-1, audio.shape[-1])).squeeze(0), n_fft, hop_length)
    db = 20 * magnitude.abs().clamp_min(1e-9).log10()
    half = (
        hop_length / sample_rate / 2
    )  # a column stands for half a hop on either side of its centre
    extent = (-half, (db.shape[-1] - 1) * 2 * half + half, 0, sample_rate / 2000)
    ax.imshow(
        db - db.max(), origin="lower", aspect="auto", extent=extent, cmap="magma",
        vmin=floor_db, vmax=0, interpolation="nearest",
    )  # fmt: skip
    ax.set(xlabel="time (s)", ylabel="frequency (kHz)", xlim=(0, audio.shape[-1] / sample_rate))
    return ax


def _axes(ax: Any) -> Any:
    from matplotlib import pyplot as plt

    return ax if ax is not None else plt.gca()
