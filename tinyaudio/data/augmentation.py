"""Four versions of a recording: as it is, played backwards, with its sign flipped, and both.

    x_t,   x_{T-1-t},   -x_t,   -x_{T-1-t}

Backwards, a singer has the same spectra in another order; with the sign flipped, a singer sounds the same,
and every sample is another.  The versions are a group, the Klein four-group: each undoes itself, and two after
each other are again one of the four.  No version has another pitch.

Paper:      Nachmani & Wolf, "Unsupervised singing voice conversion", 2019 (arXiv:1904.06590), which learns
            from minutes a singer.
Implements: `augment`, `AugmentedCrops`.
Differs:    each crop draws one of the versions, in place of a data set four times as large.
See:        the chapter on translation and singing.
"""

from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.item import Item
from tinyaudio.data.rng import Purpose, generator

N_VERSIONS = 4
BACKWARDS, FLIPPED = 1, 2  # bits of a version's number; 3 is both, 0 neither


def augment(audio: Float[Tensor, "*c T"], version: int) -> Float[Tensor, "*c T"]:
    """One of the four versions of a waveform; version i after version j is version i ^ j.

    Args:
        audio: Of any channels.
        version: 0 as it is, 1 backwards, 2 with its sign flipped, 3 both.

    Raises:
        ValueError: There is no such version.

    Example:
        >>> import torch
        >>> audio = torch.tensor([[1.0, 2.0]])
        >>> [augment(audio, i).tolist()[0] for i in range(4)]
        [[1.0, 2.0], [2.0, 1.0], [-1.0, -2.0], [-2.0, -1.0]]
    """
    if version not in range(N_VERSIONS):
        raise ValueError(f"version {version}: must be from 0 to {N_VERSIONS - 1}")
    backwards = audio.flip(-1) if version & BACKWARDS else audio
    return -backwards if version & FLIPPED else backwards


class AugmentedCrops(Dataset):
    """Crops, each in one of its four versions; item i is a function of (seed, i).

    Acoustic frames do not know a sign, so that of a crop's ``frames`` there are two versions.  Backwards, they
    are those of the waveform backwards but for a hop: frame n is centred on the sample at the end of hop n.

    Args:
        crops: With ``audio`` (1, T), and perhaps ``frames`` (F, N).
        seed: Decides which versions.

    Example:
        >>> from tinyaudio.data.speaker_crops import SpeakerCrops
        >>> crops = SpeakerCrops(None, ("0", "1"), 16_000, 4_096, "train", 0, n_sounds=1, framed=False)
        >>> augmented = AugmentedCrops(crops, seed=0)
        >>> [augmented[i]["audio"].equal(crops[i]["audio"]) for i in range(4)]
        [True, False, False, False]
    """

    def __init__(self, crops: Dataset, seed: int) -> None:
        self.crops, self.seed = crops, seed

    def __len__(self) -> int:
        return len(self.crops)  # type: ignore[arg-type]

    def __getitem__(self, i: int) -> Item:
        """Crop i in its version."""
        item = dict(self.crops[i])
        version = int(generator(self.seed, Purpose.AUGMENTATION, i).integers(N_VERSIONS))
        item["audio"] = augment(item["audio"], version)
        if "frames" in item:
            item["frames"] = augment(item["frames"], version & BACKWARDS)
        return item
