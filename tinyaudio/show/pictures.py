"""Plots of a clip: waveform and spectrogram."""

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import to_mono
from tinyaudio.audio.check import check_waveform
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
    samples = _mono(audio)
    times = torch.arange(len(samples)) / sample_rate
    ax.plot(times.numpy(), samples.numpy(), **({"linewidth": 0.8} | line))
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
    magnitude = stft(_mono(audio), n_fft, hop_length).abs()
    db = 20 * magnitude.clamp_min(1e-9).log10()
    # A cell stands for half a hop and half a bin on either side of its centre.
    column_s, row_khz = hop_length / sample_rate, sample_rate / n_fft / 1000
    n_rows, n_columns = db.shape
    extent = (
        -column_s / 2, (n_columns - 0.5) * column_s, -row_khz / 2, (n_rows - 0.5) * row_khz
    )  # fmt: skip
    ax.imshow(
        (db - db.max()).numpy(), origin="lower", aspect="auto", extent=extent, cmap="magma",
        vmin=floor_db, vmax=0, interpolation="nearest",
    )  # fmt: skip
    ax.set(xlabel="time (s)", xlim=(0, audio.shape[-1] / sample_rate))
    ax.set(ylabel="frequency (kHz)", ylim=(0, sample_rate / 2000))
    return ax


def _mono(audio: Tensor) -> Tensor:
    """One channel, on the CPU and without gradients."""
    check_waveform(audio)
    return to_mono(audio.detach().cpu().float().reshape(-1, audio.shape[-1])).squeeze(0)


def _axes(ax: Any) -> Any:
    from matplotlib import pyplot as plt

    return ax if ax is not None else plt.gca()
