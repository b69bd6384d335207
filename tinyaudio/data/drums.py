"""Procedural drum hits: six kinds, each with ranges that a hit is drawn from.

    drum head    a sine whose frequency falls, f(t) = f (1 + d exp(-t / tau)), under an exponential envelope
    rattle       noise between two frequencies
    cymbal       six square waves that are no harmonics of each other, high-passed, as in a TR-808

Every hit begins at once and decays, and none has a pitch that has to be met: what a network with a fixed
grid of strided layers can make.

Paper:      Donahue, McAuley & Puckette, "Adversarial audio synthesis", 2019 (arXiv:1802.04208), which learns
            drum hits, too.
Implements: `Drums`, `drum_hit`, `KINDS`.
Differs:    from recordings of drums, which have rooms and more than six kinds.
See:        the chapter on the earth mover's distance.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from numpy import ndarray
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.instruments.oscillators import band_noise
from tinyaudio.data.item import Item
from tinyaudio.data.notes import SPLITS, check_length, check_split
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

PEAK = 0.9
FADE_S = 0.005  # at the end, so that a hit that still sounds does not break off
# Of the six oscillators of a TR-808's cymbals.
CYMBAL_HZ = np.array([205.3, 304.4, 369.6, 522.7, 540.0, 800.0])
SLAP_S = 0.004  # in which all strokes of a clap but the last decay
HIGHEST = 0.45  # of the sample rate, where noise and cymbals end
Range = tuple[float, float]


@dataclass(frozen=True)
class Kind:
    """Ranges of a kind of hit; a part with amplitude 0 is left out.

    Attributes:
        head_hz: Frequency that the head comes to rest at.
        drop: d, how far above that it begins, as a fraction.
        drop_s: tau, in which it falls.
        head_s: In which the head decays to 1 / e.
        rattle: Amplitude of the noise, relative to the head's.
        rattle_hz: Its lower edge.
        rattle_s: In which it decays.
        cymbal: Amplitude of the cymbal.
        cymbal_s: In which it decays.
        strokes: How many times the noise is struck, 15 ms apart at most; a clap has several.
    """

    head_hz: Range = (0.0, 0.0)
    drop: Range = (0.0, 0.0)
    drop_s: Range = (0.02, 0.02)
    head_s: Range = (0.1, 0.1)
    rattle: Range = (0.0, 0.0)
    rattle_hz: Range = (1_000.0, 1_000.0)
    rattle_s: Range = (0.05, 0.05)
    cymbal: Range = (0.0, 0.0)
    cymbal_s: Range = (0.05, 0.05)
    strokes: tuple[int, int] = (1, 1)


RATTLE: Range = (0.1, 0.5)  # beside a cymbal
RANGES = {
    "kick": Kind(
        head_hz=(45.0, 65.0),
        drop=(1.5, 4.0),
        drop_s=(0.01, 0.03),
        head_s=(0.06, 0.12),
        rattle=(0.02, 0.1),
        rattle_hz=(1_500.0, 3_000.0),
        rattle_s=(0.003, 0.006),
    ),
    "snare": Kind(
        head_hz=(160.0, 230.0),
        drop=(0.1, 0.5),
        drop_s=(0.01, 0.02),
        head_s=(0.03, 0.06),
        rattle=(0.5, 1.2),
        rattle_hz=(1_200.0, 2_500.0),
        rattle_s=(0.04, 0.09),
    ),
    "tom": Kind(
        head_hz=(80.0, 180.0),
        drop=(0.2, 0.6),
        drop_s=(0.03, 0.06),
        head_s=(0.07, 0.14),
        rattle=(0.01, 0.05),
        rattle_hz=(800.0, 1_500.0),
        rattle_s=(0.005, 0.01),
    ),
    "clap": Kind(
        rattle=(1.0, 1.0), rattle_hz=(800.0, 1_300.0), rattle_s=(0.03, 0.06), strokes=(3, 5)
    ),
    "closed-hat": Kind(
        rattle=RATTLE,
        rattle_hz=(5_000.0, 6_500.0),
        rattle_s=(0.01, 0.03),
        cymbal=(1.0, 1.0),
        cymbal_s=(0.012, 0.03),
    ),
    "open-hat": Kind(
        rattle=RATTLE,
        rattle_hz=(5_000.0, 6_500.0),
        rattle_s=(0.08, 0.16),
        cymbal=(1.0, 1.0),
        cymbal_s=(0.08, 0.16),
    ),
}
KINDS = tuple(RANGES)


def drum_hit(
    kind: str, draws: np.random.Generator, n: int, sample_rate: int = 16_000
) -> Float[Tensor, "1 n"]:
    """One hit, from its onset.

    Args:
        kind: One of `KINDS`.
        draws: Decides all that the kind leaves open.
        n: Number of samples.
        sample_rate: In Hz, 16,000 or more: a cymbal has little below 5 kHz.

    Returns:
        The hit, with a peak of 0.9.

    Raises:
        DataError: The kind does not exist, or the sample rate is too low.

    Example:
        >>> hit = drum_hit("snare", np.random.default_rng(0), 4_096)
        >>> hit.shape, round(hit.abs().max().item(), 3)
        (torch.Size([1, 4096]), 0.9)
    """
    if kind not in RANGES:
        raise DataError(f"no drum {kind!r}; there are: {', '.join(KINDS)}")
    if sample_rate < 16_000:
        raise DataError(f"sample rate {sample_rate}: drums need 16000 Hz or more")
    ranges, t = RANGES[kind], np.arange(n) / sample_rate

    def between(one: Range) -> float:
        return float(draws.uniform(*one))

    x = head(t, between(ranges.head_hz), between(ranges.drop), between(ranges.drop_s))
    x *= np.exp(-t / between(ranges.head_s))
    strokes = int(draws.integers(ranges.strokes[0], ranges.strokes[1] + 1))
    noise = band_noise(draws, n, between(ranges.rattle_hz), HIGHEST * sample_rate, sample_rate)
    x += between(ranges.rattle) * noise / 2 * struck(t, between(ranges.rattle_s), strokes, draws)
    x += (
        between(ranges.cymbal)
        * cymbal(t, sample_rate, draws)
        * np.exp(-t / between(ranges.cymbal_s))
    )
    fade = max(1, round(FADE_S * sample_rate))
    x[-fade:] *= np.linspace(1, 0, len(x[-fade:]))
    return torch.from_numpy(PEAK * x / np.abs(x).max()).float()[None]


def head(
    t: Float[ndarray, " n"], rest_hz: float, drop: float, drop_s: float
) -> Float[ndarray, " n"]:
    """A sine from (1 + drop) times its resting frequency down to it; zeros if that is 0 Hz."""
    cycles = rest_hz * (t + drop * drop_s * (1 - np.exp(-t / drop_s)))
    return np.sin(2 * np.pi * cycles)


def struck(
    t: Float[ndarray, " n"], decay_s: float, strokes: int, draws: np.random.Generator
) -> Float[ndarray, " n"]:
    """An envelope that begins anew with each stroke; only the last one rings."""
    starts = np.append(0, np.cumsum(draws.uniform(0.008, 0.015, strokes - 1)))
    which = np.searchsorted(starts, t, side="right") - 1  # the latest stroke at each time
    decays_s = np.where(which == strokes - 1, decay_s, SLAP_S)
    return np.exp(-(t - starts[which]) / decays_s)


def cymbal(
    t: Float[ndarray, " n"], sample_rate: int, draws: np.random.Generator
) -> Float[ndarray, " n"]:
    """Six square waves through a high-pass filter; their harmonics fold, which a cymbal does not mind."""
    detune = 2 ** draws.uniform(-0.25, 0.25)
    phases = draws.random((6, 1))
    squares = np.sign(np.sin(2 * np.pi * (CYMBAL_HZ[:, None] * detune * t + phases))).sum(0)
    for _ in range(3):  # each difference takes away 6 dB an octave towards the low end
        squares = np.diff(squares, prepend=0.0)
    return squares / (np.abs(squares).max() + 1e-9)


@dataclass(frozen=True)
class Drums(Dataset):
    """Drum hits; item i is a function of (seed, split, i), and of kind i modulo their number.

    Attributes:
        n: Number of hits.
        n_samples: Length of each.
        sample_rate: In Hz.
        split: "train", "valid" or "test".
        seed: Decides the hits.
        kinds: Some of `KINDS`; all by default.

    Raises:
        DataError: A kind does not exist, or a number is out of range.

    Example:
        >>> item = Drums(12, n_samples=4_096)[1]
        >>> item["audio"].shape, KINDS[item["kind"]]
        (torch.Size([1, 4096]), 'snare')
    """

    n: int
    n_samples: int = 16_384
    sample_rate: int = 16_000
    split: str = "train"
    seed: int = 0
    kinds: tuple[str, ...] = KINDS

    def __post_init__(self) -> None:
        check_split(self.split)
        check_length(self.n, self.sample_rate, self.n_samples / self.sample_rate)
        for kind in self.kinds:
            drum_hit(kind, np.random.default_rng(0), 256, self.sample_rate)

    def __len__(self) -> int:
        return self.n

    def __getitem__(self, i: int) -> Item:
        """Hit i: ``audio`` (1, n_samples) and ``kind``, its number in `KINDS`."""
        if not 0 <= i < self.n:
            raise IndexError(f"hit {i} of {self.n}")
        kind = self.kinds[i % len(self.kinds)]
        draws = generator(self.seed, Purpose.DRUM, [*SPLITS].index(self.split), i)
        hit = drum_hit(kind, draws, self.n_samples, self.sample_rate)
        return {"audio": hit, "kind": torch.tensor(KINDS.index(kind))}
