"""Random crops of several speakers' speech or singing with the number of the speaker, for voice conversion.

The speakers say different sentences, or sing different melodies: nothing in training is parallel.  The frames
of a sound, whose pitch takes longer to follow than a step of training, are computed once and kept.

Implements: `SpeakerCrops`, `speaker_folders`.
See:        the chapter on VQ-VAE and voice conversion.
"""

from collections.abc import Sequence
from pathlib import Path

import torch
from torch.nn import functional as F
from torch.utils.data import Dataset

from tinyaudio.data.clips import Clips
from tinyaudio.data.item import Item
from tinyaudio.data.named_folders import named_folders
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.voices import N_SPEAKERS, Voices
from tinyaudio.errors import DataError
from tinyaudio.represent.logmel import HOP_LENGTH, N_FFT
from tinyaudio.represent.prosody import mean_voice, mel_and_pitch, voice_sums

# Two men, two women and a child, and again a man, a woman and a man; other speakers are held out.
SPEAKERS = tuple(str(i) for i in range(8))
SECONDS = 3.0  # of a recording that crops are taken from
N_TRAINING, N_HELD_OUT = 100_000, 256  # crops before they come again
SPLITS = ("train", "valid", "all")


def speaker_folders(folder: Path) -> tuple[str, ...]:
    """The speakers of a folder: the names of its folders, in alphabetical order.

    Raises:
        DataError: There are fewer than two.
    """
    return named_folders(folder, "speaker", "voice conversion", ("anna", "ben"))


def procedural_speaker(name: str) -> int:
    """The number of a procedural speaker.

    Raises:
        DataError: It is none.
    """
    if not name.isdecimal() or int(name) >= N_SPEAKERS:
        raise DataError(f"no procedural speaker {name!r}; there are 0 to {N_SPEAKERS - 1}")
    return int(name)


class SpeakerCrops(Dataset):
    """Crops of speech with its speaker; item i is a function of (seed, split, i).

    Args:
        folder: With a folder of recordings for each speaker, or None for procedural speakers.
        speakers: Their folders' names, or the numbers of procedural speakers, in the order in which they
            are counted.
        sample_rate: In Hz.
        n_samples: Length of a crop; a multiple of 256.
        split: "train" (`N_TRAINING` crops), "valid" (`N_HELD_OUT`, of other sentences or recordings), or
            "all", which is all of the folder.
        seed: Decides sentences and crops.
        n_sounds: Sentences or recordings a speaker that crops are taken from; they are kept in memory.
        framed: Whether items also have ``frames`` and ``mean``.
        singing: Whether procedural speakers sing; a folder holds what it holds.

    Raises:
        DataError: The split, a folder or a procedural speaker does not exist, or a number is out of range.

    Example:
        >>> crops = SpeakerCrops(None, ("0", "3"), 16_000, 4_096, "train", seed=0, n_sounds=2)
        >>> {name: tuple(value.shape) for name, value in crops[1].items()}
        {'audio': (1, 4096), 'speaker': (), 'frames': (82, 16), 'mean': (82,)}
    """

    def __init__(
        self,
        folder: Path | None,
        speakers: Sequence[str],
        sample_rate: int,
        n_samples: int,
        split: str,
        seed: int,
        n_sounds: int,
        framed: bool = True,
        singing: bool = False,
    ) -> None:
        if split not in SPLITS:
            raise DataError(f"no split {split!r}; choose one of: {', '.join(SPLITS)}")
        if n_samples < 1 or n_samples % HOP_LENGTH:
            raise DataError(f"a crop of {n_samples} samples: must be a multiple of {HOP_LENGTH}")
        self.sample_rate, self.n_samples, self.split, self.seed = (
            sample_rate,
            n_samples,
            split,
            seed,
        )
        self.n_sounds, self.procedural, self.framed = n_sounds, folder is None, framed
        if folder:
            length = max(n_samples, int(SECONDS * sample_rate))
            self.sounds: list[Dataset] = [
                Clips(
                    folder / name, sample_rate=sample_rate, n_samples=length, split=split, seed=seed
                )
                for name in speakers
            ]
            for name, sounds in zip(speakers, self.sounds, strict=True):
                if len(sounds) < 1:  # type: ignore[arg-type]
                    raise DataError(
                        f"{folder / name}: no recording for the {split} split; add some"
                    )
        else:
            kind = "train" if split == "train" else "valid"
            self.sounds = [
                Voices(n_sounds * len(speakers), sample_rate, kind, seed, singing, number)
                for number in map(procedural_speaker, speakers)
            ]
        self._kept: dict[tuple[int, int], Item] = {}

    def __len__(self) -> int:
        if self.split == "all":
            return sum(len(one) for one in self.sounds)  # type: ignore[arg-type,misc]
        return N_TRAINING if self.split == "train" else N_HELD_OUT

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, n_samples), ``frames`` (82, n_samples / 256), ``mean`` and ``speaker``.

        ``mean`` is the mean voiced frame of the whole sound.
        """
        if not 0 <= i < len(self):
            raise IndexError(f"crop {i} of {len(self)}")
        k, j = i % len(self.sounds), i // len(self.sounds)
        n_sounds = min(self.n_sounds, len(self.sounds[k]))  # type: ignore[arg-type]
        sound = self.sound(k, j % n_sounds)
        draws = generator(self.seed, Purpose.SPEAKER_CROP, SPLITS.index(self.split), i)
        n_frames = self.n_samples // HOP_LENGTH
        first = int(draws.integers(1 + sound["audio"].shape[1] // HOP_LENGTH - n_frames))
        start = first * HOP_LENGTH
        item = {
            "audio": sound["audio"][:, start : start + self.n_samples],
            "speaker": torch.tensor(k),
        }
        if self.framed:
            item["frames"] = sound["frames"][:, first : first + n_frames]
            item["mean"] = sound["mean"]
        return item

    def sound(self, k: int, j: int) -> Item:
        """Sound j of speaker k, whole: ``audio``, ``frames`` and ``mean``."""
        if (k, j) not in self._kept:
            # Procedural speakers say different sentences: speaker k the k-th, then every n-th after it.
            number = j * len(self.sounds) + k if self.procedural else j
            audio = self.sounds[k][number]["audio"]
            # At least a crop, and whole frames.
            n_frames = max(self.n_samples // HOP_LENGTH, -(-audio.shape[1] // HOP_LENGTH))
            audio = F.pad(audio, (0, n_frames * HOP_LENGTH - audio.shape[1]))
            sound = {"audio": audio}
            if self.framed:
                frames = mel_and_pitch(audio[None], self.sample_rate, N_FFT, HOP_LENGTH)[0]
                sound |= {"frames": frames, "mean": mean_voice(voice_sums(frames))}
            self._kept[k, j] = sound
        return self._kept[k, j]
