"""What the shipped models are told of a held-out clip, as a condition, and what that costs."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.speech.linguistic import N_CHANNELS, linguistic_frames
from tinyaudio.models.condition import Condition
from tinyaudio.recipes.spoken import STRANGER
from tinyaudio.recipes.wavenet import condition_of
from tinyaudio.represent import mulaw

HOP_LENGTH = 160  # samples a frame of speech, at 16 kHz
PLACES = 64  # in its cycle, at which the oscillator of a note may begin a frame of 256 samples
# What it costs to say at which, and whether it is on; and how loud it is, one of 81 levels.
TOLD_BITS = (7 + 7) / 256  # a sample
Told = Callable[[dict[str, Any], Tensor], Condition]  # from a clip's fields and its codes (1, T)


def note(fields: dict[str, Any], codes: Tensor) -> Condition:
    """What `wavenet-notes` is told: family, pitch, loudness, and an oscillator in step with the clip.

    A label says nothing of the clip's phase or loudness, but these do. So they are told coarsely, by 7
    bits a frame each, and the bits are counted.
    """
    family = FAMILIES[fields["instrument_family"]]
    like = condition_of(family, fields["pitch"], codes.shape[1], like=mulaw.decode(codes))
    assert like.cycles is not None
    begins, turns = like.cycles.unbind(2)
    coarse = (begins * PLACES).round() / PLACES
    # How often it turns before the next frame's place is known from the pitch; after the last, alike.
    pitch = condition_of(family, fields["pitch"], codes.shape[1])
    assert pitch.cycles is not None
    expected = pitch.cycles[:, :, 1]
    moved = (coarse.diff(dim=1) - expected[:, :-1] + 0.5) % 1 - 0.5
    turns = torch.cat([expected[:, :-1] + moved.nan_to_num(0), expected[:, -1:]], dim=1)
    return replace(like, cycles=torch.stack([coarse, turns], dim=2))


def said(fields: dict[str, Any], codes: Tensor) -> Condition:
    """What `wavenet-speech` is told: phones and pitch where they are known, never who speaks."""
    n_frames = codes.shape[1] // HOP_LENGTH
    frames = torch.zeros(1, N_CHANNELS, n_frames)
    if "phones" in fields:
        frames = linguistic_frames(fields)[None, :, :n_frames]
    return Condition(classes=torch.tensor([[STRANGER]]), frames=frames)
