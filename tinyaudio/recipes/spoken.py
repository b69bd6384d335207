"""Where `speech` and `vocoder` get their sound: procedural voices and recorded speech, in shares.

The voices are robotic, but what they say is known exactly; the recordings are real, and nothing is
known of them.  Without a folder, the recordings are the few sentences that come with the package.

See:        chapter 6, "Conditioning and the mel vocoder".
"""

from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.audio import crop, resample
from tinyaudio.data import recorded
from tinyaudio.data.clips import Clips
from tinyaudio.data.speech.linguistic import HOP_S, N_CHANNELS, linguistic_frames
from tinyaudio.data.voices import N_SPEAKERS, Voices
from tinyaudio.errors import UserError

# Sentences of the package that no training hears.
HELD_OUT_SPEECH = ("speech-it-queue-youarenext", "speech-ru-dir-instr")
N_SENTENCES = 2_000  # about an hour; they are kept, since computing one takes as long as a step
STRANGER = N_SPEAKERS  # the class of a speaker whom one is not told
# How often the network is not told who speaks, nor what, so that it can do without.
NOT_WHO, NOT_WHAT = 0.3, 0.25


class Spoken(Dataset):
    """Crops of procedural voices and recorded speech; item i is a function of (seed, split, i).

    Args:
        folder: Recorded speech, or None for the package's own.
        sample_rate: In Hz.
        n_samples: Length of a crop; with ``told``, whole frames of 10 ms.
        split: "train", "valid" or "all".
        seed: Decides sentences, speakers and crops.
        share: Of recorded speech, in [0, 1].
        told: Whether items also have ``frames``, see `linguistic_frames`, and ``classes``, the
            speaker. Of recorded speech nothing is known: zeros, and `STRANGER`.

    Raises:
        UserError: The share is out of range, or the crop is no whole number of frames.
    """

    def __init__(
        self,
        folder: Path | None,
        sample_rate: int,
        n_samples: int,
        split: str,
        seed: int,
        share: float,
        told: bool = False,
    ) -> None:
        if not 0 <= share <= 1:
            raise UserError(f"a share of {share} recorded speech; it must be from 0 to 1")
        self.hop = round(HOP_S * sample_rate)
        if told and n_samples % self.hop:
            raise UserError(f"{n_samples} samples are no whole number of frames of {self.hop}")
        self.share = 1.0 if split == "all" else share  # "all" is of a folder that is scored
        self.sample_rate, self.n_samples, self.seed, self.told = sample_rate, n_samples, seed, told
        self.training = split == "train"
        self.recordings = (
            Clips(folder, sample_rate=sample_rate, n_samples=n_samples, split=split, seed=seed)
            if folder
            else Sentences(sample_rate, n_samples, split, seed)
        )
        self.n_sentences = N_SENTENCES if self.training else 64
        voices = Voices(self.n_sentences, sample_rate, "train" if self.training else "valid", seed)
        self.sentence = lru_cache(maxsize=None)(voices.__getitem__)

    def __len__(self) -> int:
        if self.training:
            return 100_000
        return len(self.recordings) if self.share == 1 else 64

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        if int((i + 1) * self.share) > int(i * self.share):  # evenly spread over the items
            item = {"audio": self.recordings[int(i * self.share)]["audio"]}
            return item | (self.nothing() if self.told else {})
        g = torch.Generator().manual_seed(self.seed * 1_000_003 + i)
        clip, fields = self.sentence(i % self.n_sentences)
        latest = max(0, clip.shape[1] - self.n_samples) // self.hop
        first = int(torch.randint(latest + 1, (), generator=g))  # the crop begins with a frame
        item = {"audio": crop(clip, self.n_samples, start=first * self.hop)}
        if not self.told:
            return item
        known = self.nothing()
        not_who, not_what = torch.rand(2, generator=g).tolist()
        if not self.training or not_what >= NOT_WHAT:
            n_frames = self.n_samples // self.hop
            known["frames"] = crop(linguistic_frames(fields), n_frames, start=first)
        if self.training and not_who >= NOT_WHO:
            known["classes"] = torch.tensor([fields["speaker"]])
        return item | known

    def nothing(self) -> dict[str, Tensor]:
        """What the network is told where it is told nothing."""
        frames = torch.zeros(N_CHANNELS, self.n_samples // self.hop)
        return {"frames": frames, "classes": torch.tensor([STRANGER])}


class Sentences(Dataset):
    """Random crops of the recorded sentences that come with the package, as `Clips` has a folder's."""

    def __init__(self, sample_rate: int, n_samples: int, split: str, seed: int) -> None:
        held_out = split != "train"
        names = [n for n in recorded.names("speech") if (n in HELD_OUT_SPEECH) == held_out]
        clips = [recorded.recording(name) for name in names]
        self.clips = [resample(clip.audio, clip.sample_rate, sample_rate) for clip in clips]
        self.n_samples, self.seed = n_samples, seed

    def __len__(self) -> int:
        return 100_000

    def __getitem__(self, i: int) -> dict[str, Tensor]:
        place = torch.Generator().manual_seed(self.seed * 1_000_003 + i)
        clip = self.clips[i % len(self.clips)]
        return {"audio": crop(clip, self.n_samples, start=place)}
