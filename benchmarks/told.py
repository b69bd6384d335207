"""What the shipped models are told of a held-out clip, as a condition."""

from collections.abc import Callable
from typing import Any

import torch

from tinyaudio.data.speech.linguistic import N_CHANNELS, linguistic_frames
from tinyaudio.models.conditioning import Condition
from tinyaudio.recipes.spoken import STRANGER

HOP_LENGTH = 160  # samples a frame, at 16 kHz
Told = Callable[[dict[str, Any], int], Condition]  # from a clip's fields and its length


def note(fields: dict[str, Any], n_samples: int) -> Condition:
    """What `wavenet-notes` is told: family and pitch."""
    return Condition(classes=torch.tensor([[fields["instrument_family"], fields["pitch"]]]))


def said(fields: dict[str, Any], n_samples: int) -> Condition:
    """What `wavenet-speech` is told: phones and pitch where they are known, never who speaks."""
    frames = torch.zeros(1, N_CHANNELS, n_samples // HOP_LENGTH)
    if "phones" in fields:
        frames = linguistic_frames(fields)[None, :, : n_samples // HOP_LENGTH]
    return Condition(classes=torch.tensor([[STRANGER]]), frames=frames)
