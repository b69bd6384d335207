"""Frames that condition a speech model on procedural sentences.

Implements: `sentence_frames`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.item import Item
from tinyaudio.data.speech.content import sentence
from tinyaudio.data.speech.linguistic import linguistic_frames
from tinyaudio.data.speech.speakers import speaker
from tinyaudio.data.voices import N_SPEAKERS, voice
from tinyaudio.errors import DataError

SAMPLE_RATE = 16_000  # at which the sentences are timed; frames of 10 ms are the same at any rate


def sentence_frames(number: int, talker: int, n_frames: int) -> Float[Tensor, "F N"]:
    """Phones, pitch and voicing of one sentence after another, cut at a frame.

    Args:
        number: Index of the first sentence, from 0; the next ones follow it.
        talker: Index of the speaker, from 0.
        n_frames: Number N of frames of 10 ms, 1 or more.

    Returns:
        The frames; see `linguistic_frames`.

    Raises:
        DataError: The sentence or the speaker does not exist.

    Example:
        >>> sentence_frames(3, talker=12, n_frames=500).shape
        torch.Size([25, 500])
    """
    if number < 0:
        raise DataError(f"sentence {number}: must be 0 or more")
    if not 0 <= talker < N_SPEAKERS:
        raise DataError(f"speaker {talker}: must be from 0 to {N_SPEAKERS - 1}")
    parts: list[Tensor] = []
    while sum(part.shape[1] for part in parts) < n_frames:
        content = sentence(number + len(parts))
        take = voice(speaker(talker), content, sample_rate=SAMPLE_RATE)
        labels: Item = {"phones": content.phones, "durations_s": content.durations_s}
        labels |= {"f0_hz": take.f0_hz, "voiced": take.voiced, "sample_rate": SAMPLE_RATE}
        parts.append(linguistic_frames(labels)[:, :-1])  # the last is the next one's first
    return torch.cat(parts, dim=1)[:, :n_frames]
