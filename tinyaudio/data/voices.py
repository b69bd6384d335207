"""Procedural voices, spoken and sung, with exact labels.

Pitch, voicing, phones, their durations and the speaker are not estimated from the sound: the sound is
computed from them.  These voices are robotic, and their sentences are of no language.  They serve for
labels, exact references (the same sentence by another speaker, aligned sample by sample) and tests;
they do not serve for any claim about naturalness.

Paper:      Klatt & Klatt 1990, "Analysis, synthesis, and perception of voice quality variations among
            female and male talkers"; Fant 1960, "Acoustic Theory of Speech Production".
Implements: `voice`, `Voices`.
Differs:    from Klatt's synthesizer above 5 kHz; see `voice_filter`.
See:        chapter 1, "Sound into numbers".
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.item import Item
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.speech import glottis, vocal_tract
from tinyaudio.data.speech.articulation import CLOSING_S, Plan, pitch_hz, plan
from tinyaudio.data.speech.content import Content, melody, sentence
from tinyaudio.data.speech.speakers import Speaker, speaker
from tinyaudio.data.speech.voice_filter import filter_frames
from tinyaudio.errors import DataError

LOWEST_RATE, HIGHEST_RATE = 8_000, 96_000
MAX_SEMITONES = 24  # beyond two octaves it is no longer a voice
HOP_S = 0.01  # between two states of the time-varying filters
PEAK = 0.8
ASPIRATION_GAIN = 0.014  # relative to a vowel's pulses
VOICED_FROM = 0.1  # amplitude of the pulses above which a sample counts as voiced


class Take(NamedTuple):
    """The sound of a voice, and its exact pitch and voicing.

    Attributes:
        clip: The sound, with a peak of 0.8.
        f0_hz: The pitch at every sample, before jitter; also defined where nothing is voiced.
        voiced: 1 where the glottis vibrates, else 0, at every sample.
    """

    clip: Float[Tensor, "1 time"]
    f0_hz: Float[Tensor, " time"]
    voiced: Float[Tensor, " time"]


def _sources(
    talker: Speaker,
    planned: Plan,
    f0_hz: Float[np.ndarray, " time"],
    voicing: Float[np.ndarray, " time"],
    sample_rate: int,
    key: tuple[int, ...],
) -> tuple[Float[np.ndarray, " time"], Float[np.ndarray, " time"]]:
    """The sources: sound at the glottis (pulses and breath), and noise in the mouth."""
    times = np.arange(len(f0_hz)) / sample_rate
    # Each kind of randomness has its own generator: jitter is the same at every sample rate.
    cycles = glottis.glottal_cycles(f0_hz, sample_rate, talker.jitter, generator(*key, 0))
    pulses = glottis.glottal_pulses(
        cycles, talker.open_quotient, talker.shimmer, generator(*key, 1)
    )
    noise = glottis.white_noise(len(f0_hz), sample_rate, generator(*key, 2))
    breath = talker.breath * voicing * glottis.openness(cycles, talker.open_quotient)
    breath += ASPIRATION_GAIN * np.interp(times, planned.times_s, planned.aspiration)
    at_glottis = voicing * glottis.one_pole(pulses, talker.tilt_hz, sample_rate)
    at_glottis += breath * glottis.aspiration_noise(noise, sample_rate)
    return at_glottis, noise * np.interp(times, planned.times_s, planned.friction)


def voice(
    talker: Speaker,
    content: Content,
    *,
    sample_rate: int = 16_000,
    transpose: float | int = 0,
    seed: int = 0,
) -> Take:
    """Synthesize a sentence or a melody in a speaker's voice.

    Args:
        talker: See `speaker`.
        content: See `sentence` and `melody`.
        sample_rate: In Hz, 8,000 to 96,000.
        transpose: In semitones, from -24 to 24.
        seed: Decides jitter, shimmer, noise and the random gains of the high band, nothing else.

    Returns:
        The clip and its exact pitch and voicing. Its length, and the phones' places in it, depend on
        the content and the sample rate alone.

    Raises:
        DataError: The sample rate or the transposition is out of range.

    Example:
        >>> take = voice(speaker(0), sentence(0, syllables=2), sample_rate=16_000)
        >>> take.clip.shape, bool(take.voiced.mean() > 0.5)
        (torch.Size([1, 7806]), True)
    """
    if not LOWEST_RATE <= sample_rate <= HIGHEST_RATE:
        raise DataError(
            f"sample rate {sample_rate}: must be from {LOWEST_RATE} to {HIGHEST_RATE} Hz"
        )
    if abs(transpose) > MAX_SEMITONES:
        raise DataError(
            f"transpose {transpose}: must be from {-MAX_SEMITONES} to {MAX_SEMITONES} semitones"
        )
    key = (seed, Purpose.VOICE, talker.index, content.index, int(content.sung))
    planned = plan(talker, content)
    n_samples = round((sum(content.durations_s) + CLOSING_S) * sample_rate)
    times = np.arange(n_samples) / sample_rate
    voicing = np.interp(times, planned.times_s, planned.voicing)
    f0_hz = np.interp(times, planned.times_s, pitch_hz(talker, content, planned, transpose))
    hop = round(HOP_S * sample_rate)
    at_glottis, at_mouth = _sources(talker, planned, f0_hz, voicing, sample_rate, key)
    frames = vocal_tract.frames_of(at_glottis, hop), vocal_tract.frames_of(at_mouth, hop)
    spectra = filter_frames(talker, content, planned, frames, sample_rate, generator(*key, 3))
    sound = vocal_tract.overlap_add(spectra, hop, n_samples)
    sound *= PEAK / max(float(np.abs(sound).max()), 1e-9)
    return Take(
        clip=torch.from_numpy(sound.astype(np.float32))[None],
        f0_hz=torch.from_numpy(f0_hz.astype(np.float32)),
        voiced=torch.from_numpy((voicing > VOICED_FROM).astype(np.float32)),
    )


# By the last digit of the speaker.
SPLITS = {"train": range(0, 8), "valid": range(8, 9), "test": range(9, 10)}
N_SPEAKERS = 100
SUNG_TRANSPOSE = {"man": -5, "woman": 3, "child": 5}  # semitones, to a comfortable range


@dataclass(frozen=True)
class Voices(Dataset):
    """Speech or singing with exact labels; item i is a function of (seed, split, i).

    Attributes:
        n: Number of items.
        sample_rate: In Hz, 8,000 to 96,000.
        split: "train", "valid" or "test" (80, 10 and 10 speakers), which share no speaker and no
            sentence.
        seed: Decides speakers, sentences and noise.
        singing: Melodies in place of sentences.
        only_speaker: One speaker for all items, of any split; sentences are still not shared by splits.

    Raises:
        DataError: A number is out of range, or the split does not exist.

    Example:
        >>> item = Voices(10, split="test")[3]
        >>> item["speaker"], item["kind"], item["audio"].shape[1] == len(item["f0_hz"])
        (49, 'woman', True)
    """

    n: int
    sample_rate: int = 16_000
    split: str = "train"
    seed: int = 0
    singing: bool = False
    only_speaker: int | None = None

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise DataError(f"no split {self.split!r}; choose one of: {', '.join(SPLITS)}")
        if self.n < 0:
            raise DataError(f"{self.n} items: must be 0 or more")
        if self.seed < 0:
            raise DataError(f"seed {self.seed}: must be 0 or more")
        if not LOWEST_RATE <= self.sample_rate <= HIGHEST_RATE:
            raise DataError(
                f"sample rate {self.sample_rate}: must be from {LOWEST_RATE} to {HIGHEST_RATE} Hz"
            )

    @property
    def speakers(self) -> list[int]:
        """Indices of the speakers in this split."""
        if self.only_speaker is not None:
            return [self.only_speaker]
        return [index for index in range(N_SPEAKERS) if index % 10 in SPLITS[self.split]]

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Item:
        """Item i: ``audio`` (1, T), ``f0_hz`` and ``voiced`` at every sample (T,), and its other labels."""
        if not 0 <= i < self.n:
            raise IndexError(f"voice {i} of {self.n}")
        split = list(SPLITS).index(self.split)
        draws = generator(self.seed, Purpose.VOICE_ITEM, split, int(self.singing), i)
        talker = speaker(int(draws.choice(self.speakers)), seed=self.seed)
        number = i * len(SPLITS) + split
        content = (melody if self.singing else sentence)(number, seed=self.seed)
        transpose = SUNG_TRANSPOSE[talker.kind] if self.singing else 0
        take = voice(
            talker, content, sample_rate=self.sample_rate, transpose=transpose, seed=self.seed
        )
        return {
            "audio": take.clip,
            "speaker": talker.index,
            "kind": talker.kind,
            "melody" if self.singing else "sentence": content.index,
            "phones": list(content.phones),
            "durations_s": list(content.durations_s),
            "transpose": transpose,
            "sample_rate": self.sample_rate,
            "f0_hz": take.f0_hz,
            "voiced": take.voiced,
        }
