r"""Pitch, estimated without a trained model and compared in cents.

    c = 1200 \log_2 \frac{f}{f_{ref}}

A semitone is 100 cents, an octave 1200.

Paper:      Mauch & Dixon, "pYIN: A fundamental frequency estimator using probabilistic threshold
            distributions", 2014; Salamon et al., "Melody extraction from polyphonic music signals",
            2014, for the two accuracies.
Implements: `f0_track`, `note_hz`, `midi_pitch`, `cents`, `pitch_accuracy`.
Differs:    the track is librosa's pYIN, whose pitches lie on a grid, moved to the exact minimum that
            librosa's YIN finds where the two agree to half a semitone.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.check import check_waveform
from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.errors import AudioError

__all__ = ["cents", "f0_track", "midi_pitch", "midi_to_hz", "note_hz", "pitch_accuracy"]

GRID_SEMITONES = 0.2  # pYIN's grid; YIN makes up for its coarseness
AGREE_CENTS = 50.0


def f0_track(
    audio: Float[Tensor, "*one T"],
    sample_rate: int,
    *,
    low_hz: float | int = 60,
    high_hz: float | int = 600,
    hop_length: int = 256,
) -> Float[Tensor, " N"]:
    """Estimate how the pitch of one sound moves.

    Args:
        audio: A clip of one channel.
        sample_rate: In Hz.
        low_hz: Lower end of the search; 60 suits speech, 30 the lowest notes.
        high_hz: Upper end of the search; 600 suits speech, 1,100 the highest notes.
        hop_length: Samples from frame to frame.

    Returns:
        The pitch in Hz at sample n hop_length; NaN where nothing is voiced.  N = 1 + T // hop_length.

    Raises:
        AudioError: More than one channel, no samples, integers, or librosa is not installed.

    Example:
        >>> tone = torch.sin(2 * torch.pi * 220 * torch.arange(8_000) / 16_000)
        >>> f0_track(tone, 16_000)[16].round()
        tensor(220.)
    """
    try:
        import librosa
    except ImportError:
        raise AudioError("pitch is estimated by librosa: pip install librosa") from None
    check_waveform(audio)
    if audio.numel() != audio.shape[-1] or audio.numel() == 0:
        raise AudioError(f"the pitch of a clip of shape {tuple(audio.shape)}: must be one channel")
    samples = audio.detach().reshape(-1).cpu().double().numpy()
    # YIN compares half of a frame with the other half: they must hold one period and a half.
    frame_length = 2 ** math.ceil(math.log2(3 * sample_rate / low_hz))
    frames = {"sr": sample_rate, "frame_length": frame_length, "hop_length": hop_length}
    found, voiced, _ = librosa.pyin(
        samples, fmin=low_hz, fmax=high_hz, resolution=GRID_SEMITONES, **frames
    )
    exact = librosa.yin(samples, fmin=low_hz, fmax=high_hz, **frames)
    with np.errstate(invalid="ignore"):
        agree = np.abs(1200 * np.log2(exact / found)) < AGREE_CENTS  # False where found is NaN
    track = np.where(agree, exact, found)
    return torch.from_numpy(np.where(voiced, track, np.nan)).float()


def note_hz(f0_hz: Float[Tensor, " N"]) -> float:
    """The pitch of a note: the median over its voiced frames, NaN if there are none.

    Example:
        >>> note_hz(torch.tensor([float("nan"), 219.0, 220.0, 440.0]))
        220.0
    """
    return float(f0_hz.nanmedian()) if len(f0_hz) else math.nan


def midi_pitch(audio: Float[Tensor, "*one T"], sample_rate: int) -> int:
    """The MIDI pitch that a note is nearest to.

    Args:
        audio: A clip of one channel.
        sample_rate: In Hz.

    Raises:
        AudioError: Nothing in it has a pitch, or as `f0_track`.

    Example:
        >>> midi_pitch(torch.sin(2 * torch.pi * 443 * torch.arange(8_000) / 16_000), 16_000)
        69
    """
    found = note_hz(f0_track(audio, sample_rate, low_hz=30, high_hz=1_100))
    if math.isnan(found):
        raise AudioError("nothing in the recording has a pitch; say which to play")
    return round(69 + 12 * math.log2(found / 440))


def cents(
    f0_hz: Float[Tensor, "*#shape"], reference_hz: Float[Tensor, "*#shape"]
) -> Float[Tensor, "*#shape"]:
    """How far a pitch lies above another one; NaN where either is NaN.

    Example:
        >>> cents(torch.tensor([440.0, 220.0]), torch.tensor([220.0, 220.0]))
        tensor([1200.,    0.])
    """
    return 1200 * torch.log2(f0_hz / reference_hz)


def pitch_accuracy(
    f0_hz: Float[Tensor, " N"],
    reference_hz: Float[Tensor, " M"],
    within_cents: float | int,
    *,
    octave_free: bool = False,
    where_both_voiced: bool = False,
) -> float:
    """Share of frames whose pitch is right: raw pitch accuracy, or with `octave_free` raw chroma.

    Args:
        f0_hz: From `f0_track`.
        reference_hz: What it should be, on the same frames; NaN where it is unvoiced.
        within_cents: How near is right.
        octave_free: Errors of whole octaves are forgiven.
        where_both_voiced: Frames that are voiced in the reference only do not count, rather than count
            as wrong.

    Returns:
        Share in [0, 1] of the frames voiced in the reference; NaN if there are none.

    Raises:
        AudioError: The tracks differ in length.

    Example:
        >>> reference = torch.tensor([220.0, 220.0, 220.0, float("nan")])
        >>> estimate = torch.tensor([221.0, 440.0, float("nan"), 100.0])
        >>> round(pitch_accuracy(estimate, reference, 20), 3)
        0.333
        >>> round(pitch_accuracy(estimate, reference, 20, octave_free=True), 3)
        0.667
    """
    if f0_hz.shape != reference_hz.shape:
        raise AudioError(
            f"tracks of {len(f0_hz)} and {len(reference_hz)} frames; cut the clips to one length"
        )
    off = cents(f0_hz, reference_hz)
    if octave_free:
        off = off - 1200 * torch.round(off / 1200)
    counted = ~(off if where_both_voiced else reference_hz).isnan()
    right = off.abs() <= within_cents  # False where off is NaN
    return float(right[counted].double().mean()) if counted.any() else math.nan
