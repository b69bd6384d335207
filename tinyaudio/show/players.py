"""Players that hold their sound.

Differs:    IPython's own player scales every sound to full level; these never change it, because
            loudness is part of what is being shown.  `compare` matches levels, and notes it.
"""

import io
from html import escape
from typing import Literal

import soundfile
import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio import rms_db
from tinyaudio.audio.check import check_waveform
from tinyaudio.audio.resampling import check_rate
from tinyaudio.errors import AudioError
from tinyaudio.language import tr
from tinyaudio.show.html import Html, data_address

Format = Literal["mp3", "flac", "wav"]
MIME = {"mp3": "audio/mpeg", "flac": "audio/flac", "wav": "audio/wav"}


def player(
    audio: Float[Tensor, "*channels time"],
    sample_rate: int,
    label: str = "",
    format: Format = "mp3",
) -> Html:
    """A player that holds its sound, at the level the sound has.

    Args:
        audio: The clip, in [-1, 1]; louder is an error, because it would be clipped in silence.
        sample_rate: In Hz.  MP3 allows 8,000 to 48,000 Hz; use "flac" or "wav" for other rates.
        label: A few words on what the sound is; shown above the player, and read by screen readers.
        format: "mp3" is small and plays everywhere but ends at about 17 kHz and changes quiet
            detail; "flac" keeps every bit and is five times as large.

    Raises:
        AudioError: The clip is empty, not finite, or louder than full scale.

    Example:
        >>> player(torch.zeros(1, 8000), 16_000, "silence")
        player: silence (0.50 s, 16000 Hz, -120.0 dB)
    """
    data = encoded(audio, sample_rate, format)
    seconds, level = audio.shape[-1] / sample_rate, rms_db(audio.detach().flatten()).item()
    html = (
        f'<figure class="ta-player" style="margin:.4em 0"><figcaption>{escape(label)}</figcaption>'
        f'<audio controls preload="metadata" aria-label="{escape(label)}" '
        f'src="{data_address(data, MIME[format])}"></audio></figure>'
    )
    return Html(html, f"player: {label} ({seconds:.2f} s, {sample_rate} Hz, {level:.1f} dB)")


def compare(
    clips: dict[str, Float[Tensor, "*channels time"]],
    sample_rate: int,
    format: Format = "mp3",
) -> Html:
    """Players for clips that are to be compared, brought to the same level.

    The louder of two sounds seems the better one, so all are scaled to the same root mean square:
    the highest at which none of them is clipped.

    Args:
        clips: Label -> clip.
        sample_rate: Of all of them, in Hz.
        format: As for `player`.

    Raises:
        AudioError: There is nothing to compare, or a clip is silent or not finite.

    Example:
        >>> noise = torch.rand(1, 8000) - 0.5
        >>> compare({"loud": noise, "soft": noise / 10}, 16_000)
        player: loud (0.50 s, 16000 Hz, ...)
        player: soft (0.50 s, 16000 Hz, ...)
        all at the same level (RMS)
    """
    if not clips:
        raise AudioError("nothing to compare: give at least one clip")
    for label, clip in clips.items():
        check_waveform(clip)
        if not torch.isfinite(clip).all():
            raise AudioError(f"{label!r} holds NaN or infinite samples; find where they come from")
        if clip.numel() == 0 or not clip.any():
            raise AudioError(f"{label!r} is silent: its level cannot be matched")
    levels = {label: clip.square().mean().sqrt() for label, clip in clips.items()}
    loudest = min(0.95 * levels[label] / clip.abs().max() for label, clip in clips.items())
    players = [
        player(clip * (loudest / levels[label]), sample_rate, label, format)
        for label, clip in clips.items()
    ]
    note = tr("모두 같은 크기(RMS)로 맞추었습니다", "all at the same level (RMS)")
    html = "".join(one.html for one in players)
    return Html(
        f'<div class="ta-compare">{html}<small>{note}</small></div>',
        "\n".join([*(one.text for one in players), note]),
    )


def encoded(audio: Float[Tensor, "*channels time"], sample_rate: int, format: str) -> bytes:
    """A clip as the bytes of a file; arguments and errors as for `player`.

    Example:
        >>> encoded(torch.zeros(1, 8000), 16_000, "wav")[:4]
        b'RIFF'
    """
    check_waveform(audio)
    check_rate(sample_rate)
    if format not in MIME:
        raise AudioError(f"no player for {format!r}; choose one of {', '.join(MIME)}")
    if audio.numel() == 0:
        raise AudioError("there is no sound to play: the clip is empty")
    if not torch.isfinite(audio).all():
        raise AudioError("the clip holds NaN or infinite samples; find where they come from")
    peak = audio.abs().max().item()
    if peak > 1:
        raise AudioError(
            f"the clip's peak is {peak:.2f}, above full scale (1.0), and would be clipped; "
            f"scale it first: audio / audio.abs().max()"
        )
    file = io.BytesIO()
    samples = audio.detach().cpu().float().reshape(-1, audio.shape[-1]).T.numpy()
    subtype = "MPEG_LAYER_III"
    if format != "mp3":  # rounded here, because libsndfile cuts off what is below a step
        samples = (samples * 2**15).round().clip(-(2**15), 2**15 - 1).astype("int16")
        subtype = "PCM_16"
    try:
        soundfile.write(file, samples, sample_rate, format=format.upper(), subtype=subtype)
    except soundfile.LibsndfileError as error:
        raise AudioError(
            f"cannot make {format} at {sample_rate} Hz with {samples.shape[1]} channels ({error}); "
            f"use format='wav'"
        ) from None
    return file.getvalue()
