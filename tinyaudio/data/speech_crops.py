"""Random crops of speech to train on: procedural voices, and a fraction of recorded speech.

The procedural voices are robotic, but their labels are exact; the recordings are natural, and have no
labels.  Without a folder, the recordings are the few sentences that come with the package.

Implements: `SpeechCrops`, `SentenceCrops`.
See:        chapter 6, "Conditioning and the mel vocoder".
"""

from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from tinyaudio.audio import crop, resample
from tinyaudio.data import recorded
from tinyaudio.data.clips import Clips
from tinyaudio.data.item import Item, check_fraction, is_recorded
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.speech.linguistic import HOP_S, N_CHANNELS, linguistic_frames
from tinyaudio.data.voices import N_SPEAKERS, Voices
from tinyaudio.errors import DataError

# Sentences of the package that are held out from training.
HELD_OUT_SPEECH = ("speech-it-queue-youarenext", "speech-ru-dir-instr")
N_TRAINING, N_HELD_OUT = 100_000, 256  # crops before they come again
N_SENTENCES = 2_000  # procedural, about an hour; kept, since making one takes as long as a step
UNKNOWN_SPEAKER = N_SPEAKERS  # the class of speakers without a label or held out from training
# How often the labels of a training item are dropped, so that the network also works without them.
SPEAKER_DROPOUT, PHONE_DROPOUT = 0.3, 0.25
SPLITS = ("train", "valid", "all")


class SpeechCrops(Dataset):
    """Crops of procedural voices and recorded speech; item i is a function of (seed, split, i).

    Args:
        folder: Recorded speech, or None for the package's own.
        sample_rate: In Hz.
        n_samples: Length of a crop, in samples; with ``labels``, whole frames of 10 ms.
        split: "train" (`N_TRAINING` crops), "valid" (`N_HELD_OUT`), or "all", which is all of the
            folder and no procedural voice.
        seed: Decides sentences, speakers and crops.
        recorded_fraction: Of the items, in [0, 1]; the others are procedural.
        margin: Zeros before each procedural sentence, so that a crop can begin with its first sample
            after a margin in which a loss has no interest.
        onset_fraction: Of the crops, in [0, 1], that begin with the sentence, beside those by chance.
        only_speaker: A single procedural speaker, of whom other sentences are held out.
        labels: Whether items also have ``frames`` (`linguistic_frames`) and ``classes``, the speaker.
            Recorded speech has the null condition, and so have some training items; see
            `SPEAKER_DROPOUT` and `PHONE_DROPOUT`.

    Raises:
        DataError: The split or folder does not exist, a number is out of range, or the crop is not a
            whole number of frames.

    Example:
        >>> item = SpeechCrops(None, 16_000, 1_600, "valid", seed=0, recorded_fraction=0.0, labels=True)[0]
        >>> item["audio"].shape, item["frames"].shape, item["classes"]  # held-out speakers are unknown
        (torch.Size([1, 1600]), torch.Size([25, 10]), tensor([100]))
    """

    def __init__(
        self,
        folder: Path | None,
        sample_rate: int,
        n_samples: int,
        split: str,
        seed: int,
        recorded_fraction: float | int,
        only_speaker: int | None = None,
        *,
        labels: bool = False,
        margin: int = 0,
        onset_fraction: float | int = 0.0,
    ) -> None:
        check_fraction(recorded_fraction)
        check_fraction(onset_fraction)
        if split not in SPLITS:
            raise DataError(f"no split {split!r}; choose one of: {', '.join(SPLITS)}")
        self.hop_length = round(HOP_S * sample_rate)
        if labels and (n_samples < 1 or n_samples % self.hop_length):
            raise DataError(
                f"a crop of {n_samples} samples: must be a multiple of {self.hop_length}, a frame"
            )
        self.recorded_fraction = 1.0 if split == "all" else recorded_fraction
        self.n_samples, self.split, self.seed, self.labels = n_samples, split, seed, labels
        self.margin, self.onset_fraction = margin, onset_fraction
        self.recordings = (
            Clips(folder, sample_rate=sample_rate, n_samples=n_samples, split=split, seed=seed)
            if folder
            else SentenceCrops(sample_rate, n_samples, split, seed)
        )
        training = split == "train"
        self.voices = Voices(
            N_SENTENCES if training else N_HELD_OUT,
            sample_rate,
            "train" if training else "valid",
            seed,
            only_speaker=only_speaker,
        )
        self._kept: dict[int, Item] = {}

    def __len__(self) -> int:
        if self.split == "train":
            return N_TRAINING
        return len(self.recordings) if self.recorded_fraction == 1 else N_HELD_OUT

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, n_samples), and how many samples of the sound come before, ``start`` ().

        With labels also ``frames`` (25, N) and ``classes`` (1,).
        """
        if not 0 <= i < len(self):
            raise IndexError(f"crop {i} of {len(self)}")
        item = self.null_condition() if self.labels else {}
        if is_recorded(i, self.recorded_fraction):
            number = int(i * self.recorded_fraction) % len(self.recordings)
            audio = self.recordings[number]["audio"]  # of somewhere within a recording
            return item | {"audio": audio, "start": torch.tensor(self.n_samples)}
        draws = generator(self.seed, Purpose.SPEECH_CROP, SPLITS.index(self.split), i)
        sentence = self._sentence(i % len(self.voices))
        # The crop begins at a frame's first sample.
        audio = F.pad(sentence["audio"], (self.margin, 0))
        last = max(0, audio.shape[1] - self.n_samples) // self.hop_length
        first = int(draws.integers(last + 1))
        if self.onset_fraction and draws.random() < self.onset_fraction:
            first = 0
        item["audio"] = crop(audio, self.n_samples, start=first * self.hop_length)
        item["start"] = torch.tensor(first * self.hop_length)
        if not self.labels:
            return item
        speaker_known, phones_known = draws.random(2) >= (SPEAKER_DROPOUT, PHONE_DROPOUT)
        if self.split != "train" or phones_known:
            n_frames = self.n_samples // self.hop_length
            item["frames"] = crop(sentence["frames"], n_frames, start=first)
        if self.split == "train" and speaker_known:
            item["classes"] = torch.tensor([sentence["speaker"]])
        return item

    def null_condition(self) -> Item:
        """The labels of an item whose labels are unknown."""
        return {
            "frames": torch.zeros(N_CHANNELS, self.n_samples // self.hop_length),
            "classes": torch.tensor([UNKNOWN_SPEAKER]),
        }

    def _sentence(self, i: int) -> Item:
        """Procedural sentence i: its audio, and with labels its frames and speaker."""
        if i not in self._kept:
            item = self.voices[i]
            self._kept[i] = {"audio": item["audio"]}
            if self.labels:
                self._kept[i] |= {"frames": linguistic_frames(item), "speaker": item["speaker"]}
        return self._kept[i]


def held_out_speech(sample_rate: int, only_speaker: int | None = None) -> Float[Tensor, "1 time"]:
    """A sentence that no training has: recorded, or said by a procedural speaker.

    Example:
        >>> held_out_speech(8_000).shape, held_out_speech(8_000, only_speaker=1).shape
        (torch.Size([1, 38676]), torch.Size([1, 16022]))
    """
    if only_speaker is None:
        sentence = recorded.recording(HELD_OUT_SPEECH[0])
        return resample(sentence.audio, sentence.sample_rate, sample_rate)
    return Voices(1, sample_rate, "test", only_speaker=only_speaker)[0]["audio"]


class SentenceCrops(Dataset):
    """Random crops of the recorded sentences that come with the package.

    Args:
        sample_rate: In Hz.
        n_samples: Length of a crop, in samples.
        split: "train", or anything else for `HELD_OUT_SPEECH`.
        seed: Decides the crops.

    Example:
        >>> SentenceCrops(16_000, 1_000, "valid", seed=0)[3]["audio"].shape
        torch.Size([1, 1000])
    """

    def __init__(self, sample_rate: int, n_samples: int, split: str, seed: int) -> None:
        held_out = split != "train"
        names = [n for n in recorded.names("speech") if (n in HELD_OUT_SPEECH) == held_out]
        self.sentences = [self._resampled(name, sample_rate) for name in names]
        self.n_samples, self.seed, self.held_out = n_samples, seed, held_out

    @staticmethod
    def _resampled(name: str, sample_rate: int) -> Float[Tensor, "1 time"]:
        sentence = recorded.recording(name)
        return resample(sentence.audio, sentence.sample_rate, sample_rate)

    def __len__(self) -> int:
        return N_HELD_OUT if self.held_out else N_TRAINING

    def __getitem__(self, i: int) -> Item:
        """Crop i: ``audio`` (1, n_samples)."""
        if not 0 <= i < len(self):
            raise IndexError(f"crop {i} of {len(self)}")
        draws = generator(self.seed, Purpose.SENTENCE_CROP, int(self.held_out), i)
        sentence = self.sentences[i % len(self.sentences)]
        n_starts = max(1, sentence.shape[1] - self.n_samples + 1)
        return {"audio": crop(sentence, self.n_samples, start=int(draws.integers(n_starts)))}
