"""What the decoder of a WaveNet autoencoder is conditioned on: latents and, if it takes one, a MIDI pitch.

Implements: `with_latents`, of a batch in training; `of_recordings`, of files that a user named;
            `of_held_out_note`, when none is.
See:        `tinyaudio.recipes.wavenet_autoencoder`, which uses all three.
"""

from collections.abc import Sequence
from pathlib import Path

import torch

from tinyaudio.audio import load
from tinyaudio.data.note_crops import NoteCrops, NoteSelection
from tinyaudio.errors import UserError
from tinyaudio.metrics.pitch import midi_pitch
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoder
from tinyaudio.samplers.encoded import encode_and_mix
from tinyaudio.train import Batch


def with_latents(net: WaveNetAutoencoder, batch: Batch) -> Batch:
    """A batch with its own latents as frames, and no classes but the pitch, if the decoder takes one."""
    pitch = {"classes": batch["classes"][:, 1:]} if net.config.n_pitches else {}
    rest = {name: value for name, value in batch.items() if name != "classes"}
    return rest | {"frames": net.encode(batch["audio"])} | pitch


def of_recordings(
    net: WaveNetAutoencoder,
    paths: Sequence[Path],
    mix: float | int | None,
    pitch: int | None,
    sample_rate: int,
) -> tuple[Condition, int]:
    """The condition of one file, or of what lies between two, and its number of samples.

    Args:
        net: In evaluation mode.
        paths: One or two audio files, see `tinyaudio.samplers.encoded.encode_and_mix`.
        mix: Of two files, the share of the second one; None is a half.
        pitch: A MIDI number; None is that which the first file is nearest to.
        sample_rate: In Hz, that the network was trained at.

    Raises:
        AudioError: A file cannot be read, or nothing in it has a pitch and none is given.
        UserError: The network takes no pitch, or the files and the share do not fit each other.
    """
    check_pitch(net, pitch)
    latents, n_samples = encode_and_mix(net.encoder, paths, mix, sample_rate)
    if net.config.n_pitches and pitch is None:
        pitch = midi_pitch(*load(paths[0], sample_rate, mono=True))
    return condition(net, latents, pitch), n_samples


def of_held_out_note(
    net: WaveNetAutoencoder, notes: NoteSelection, pitch: int | None, sample_rate: int, seed: int
) -> tuple[Condition, int]:
    """The condition of a note of the test split, nearly a second, and its number of samples.

    Args:
        net: In evaluation mode.
        notes: Of which the note is one.
        pitch: A MIDI number; None is the note's own.
        sample_rate: In Hz, that the network was trained at.
        seed: Decides the note.

    Raises:
        UserError: The network takes no pitch.
    """
    check_pitch(net, pitch)
    hop = net.config.hop_length
    n_samples = sample_rate // hop * hop
    note = NoteCrops(sample_rate, n_samples, "test", seed, 0.0, notes, 1.0)[0]
    latents = net.encode(note["audio"][None].to(net.decoder.skip.weight.device))
    if net.config.n_pitches and pitch is None:
        pitch = int(note["classes"][1])
    return condition(net, latents, pitch), n_samples


def check_pitch(net: WaveNetAutoencoder, pitch: int | None) -> None:
    """Raise UserError if a pitch is asked of a network that takes none, or one that is not MIDI's."""
    if pitch is None:
        return
    if not net.config.n_pitches:
        raise UserError(f"--pitch {pitch}: this run was trained without pitches; leave it out")
    if not 0 <= pitch < net.config.n_pitches:
        raise UserError(f"--pitch {pitch}: must be from 0 to {net.config.n_pitches - 1}")


def condition(net: WaveNetAutoencoder, latents: torch.Tensor, pitch: int | None) -> Condition:
    """Latents and a pitch as a condition, on the latents' device."""
    return net.condition(
        latents, None if pitch is None else torch.tensor([pitch], device=latents.device)
    )
