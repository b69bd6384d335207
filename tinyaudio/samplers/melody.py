r"""A score played by a model that makes single notes: each is cut to its length, and all are added up.

    y[t] = \sum_i \frac{v_i}{127}\, r(t - t_i; d_i)\, x_{p_i}[t - t_i]

x_p is the model's note of pitch p; t_i, d_i, p_i and v_i are onset, duration, pitch and velocity of note i.
r is 1 for the duration, then falls to 0 along half a cosine.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710); its code
            plays MIDI files, on a way through several latents.
Implements: `play_score`; `notes_or_melody`, what the command line asks for; `check_pitches`.
Differs:    One latent plays all notes.  The release is half a cosine, and the attack is the note's own.
See:        part 4, "Sound as a picture"; `tinyaudio.data.midi`, which reads scores.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.data.melodies import Tone
from tinyaudio.data.midi import read_midi
from tinyaudio.errors import UserError
from tinyaudio.samplers.latent import across_pitches

RELEASE_S = 0.3  # as in GANSynth's code; a quarter of the model's note if that is shorter


def play_score(
    score: Sequence[Tone],
    notes: Callable[[Sequence[int]], Tensor],
    sample_rate: int,
) -> Float[Tensor, "1 T"]:
    """Play a melody, or several voices: the notes of a chord are added up.

    Args:
        score: Notes in any order; one that is longer than the model's ends with it.
        notes: MIDI pitches to one note each, (P, 1, n); it is asked once, for the pitches of the score.
        sample_rate: In Hz.

    Returns:
        The music, to the end of the last release; scaled down if it would exceed full scale.

    Raises:
        UserError: The score is empty.

    Example:
        >>> score = [Tone(0.0, 0.5, 60, 127), Tone(0.5, 0.5, 64, 127)]
        >>> play_score(score, lambda pitches: torch.ones(len(pitches), 1, 2_000), 1_000).shape
        torch.Size([1, 1300])
    """
    if not score:
        raise UserError("the score has no notes")
    pitches = sorted({tone.pitch for tone in score})
    clips = notes(pitches).squeeze(1)
    starts = [round(tone.onset_s * sample_rate) for tone in score]
    music, end = torch.zeros(max(starts) + clips.shape[1]), 0
    for start, tone in zip(starts, score, strict=True):
        clip = clips[pitches.index(tone.pitch)]
        clip = release(clip, round(tone.held_s * sample_rate), sample_rate)
        music[start : start + len(clip)] += tone.velocity / 127 * clip
        end = max(end, start + len(clip))
    return within_full_scale(music[None, :end])


def within_full_scale(audio: Float[Tensor, "*batch T"]) -> Float[Tensor, "*batch T"]:
    """Divide each sound by its peak if that is beyond 1.

    Example:
        >>> within_full_scale(torch.tensor([[0.5, -4.0], [0.5, 0.25]]))
        tensor([[ 0.1250, -1.0000],
                [ 0.5000,  0.2500]])
    """
    return audio / audio.abs().amax(dim=-1, keepdim=True).clamp(min=1)


def release(clip: Float[Tensor, " n"], held: int, sample_rate: int) -> Float[Tensor, " m"]:
    """A note whose key is released after so many samples.

    Args:
        clip: The whole note.
        held: Samples for which the key is down; the release begins earlier if it would outlast the note.
        sample_rate: In Hz.

    Example:
        >>> release(torch.ones(2_000), 500, sample_rate=1_000)[[499, 650, 799]]
        tensor([1.0000e+00, 5.0000e-01, 2.7...e-05])
    """
    n_release = min(round(RELEASE_S * sample_rate), len(clip) // 4)
    held = min(held, len(clip) - n_release)
    turn = torch.arange(n_release, device=clip.device) / max(1, n_release) * torch.pi
    return torch.cat([clip[:held], clip[held : held + n_release] * (1 + turn.cos()) / 2])


def notes_or_melody(
    render: Callable[[Tensor, Sequence[int]], Tensor],
    latents: Float[Tensor, "B D"],
    pitch: int,
    melody: Path | None,
    pitches: Sequence[int],
    sample_rate: int,
) -> Float[Tensor, "B 1 T"]:
    """A note of each latent, or the melody of a file, played by each; scaled down where beyond full scale.

    Args:
        render: Latents and pitches to notes; see `tinyaudio.samplers.latent.render_notes`.
        latents: One a clip.
        pitch: Of the note.
        melody: A MIDI file, instead.
        pitches: The lowest and the highest that the model has learned.
        sample_rate: In Hz.

    Raises:
        UserError: The pitch, or one of the file, was not learned; or the file cannot be read.

    Example:
        >>> render = lambda z, pitches: z[:, None, :1] * torch.ones(800)
        >>> notes_or_melody(render, torch.ones(2, 4), 60, None, (48, 71), 1_000).shape
        torch.Size([2, 1, 800])
    """
    if melody is None:
        check_pitches([pitch], pitches)
        return within_full_scale(render(latents, [pitch] * len(latents)))
    score = read_midi(melody)
    check_pitches([tone.pitch for tone in score], pitches)
    clips = [play_score(score, partial(across_pitches, render, z), sample_rate) for z in latents]
    return torch.stack(clips)


def check_pitches(asked: Sequence[int], known: Sequence[int]) -> None:
    """Raise a `UserError` unless all pitches are from the lowest to the highest that were learned.

    Example:
        >>> check_pitches([60, 90], (24, 84))
        Traceback (most recent call last):
        tinyaudio.errors.UserError: pitch 90: this model has learned 24 to 84; ask for one of these, or ...
    """
    low, high = known
    for pitch in asked:
        if not low <= pitch <= high:
            raise UserError(
                f"pitch {pitch}: this model has learned {low} to {high}; ask for one of these, or transpose the"
                " melody"
            )
