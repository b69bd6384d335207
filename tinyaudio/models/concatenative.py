r"""Concatenative synthesis: new speech from pieces of a speaker's recordings.

Every recorded half of a phone is a unit.  For a target sequence of halves t_1 ... t_n, choose the units
u_1 ... u_n of the least total cost:

    \sum_i C_target(t_i, u_i) + \sum_i C_join(u_{i-1}, u_i)               [Hunt & Black, eqs. 4, 5]

The target cost is a unit's distance from its target in duration, pitch and neighbouring phone; the join
cost is the spectral and pitch distance at the boundary of two units.  Units that are consecutive in a
recording join at no cost, so the search prefers long pieces.

Paper:      Hunt & Black, "Unit selection in a concatenative speech synthesis system using a large
            speech database", ICASSP 1996.
Implements: `UnitSelection`, with the Viterbi algorithm; `step_db`, the spectral discontinuity at a join.
Differs:    units are halves of phones, not phones, so that a join may lie at an edge or in the middle of one;
            the weights of the costs were set by hand, not trained.
See:        chapter 5, "WaveNet".
"""

import math
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.data.speech.script import MIDDLE_HZ, Half, Script, halves, one_rate
from tinyaudio.errors import UserError
from tinyaudio.represent.melscale import mel, mel_filterbank

WINDOW_S, BANDS, FLOOR = 0.02, 24, 1e-3  # of the sound around a join: its length, bands, -60 dB
# One unit of cost each: 10 dB in every band, 3 semitones in pitch, twice the length.
PER_DB, PER_OCTAVE, PER_LENGTH = 0.1, 4.0, 1.0
OTHER_NEIGHBOUR = 1.0


class Synthesis(NamedTuple):
    """Synthesized speech and its joins.

    Attributes:
        audio: The sound.
        joins: Samples at which units meet that are not consecutive in a recording.
        places: For every join, the index of the half that begins at it.
        semitones: For every join, the pitch difference across it; NaN where it is unvoiced.
        units: For every half of the script, the chosen unit.
    """

    audio: Float[Tensor, "1 time"]
    joins: list[int]
    places: list[int]
    semitones: Float[Tensor, " joins"]
    units: list[int]


class UnitSelection:
    """Unit selection synthesis from a speaker's recordings.

    Args:
        recordings: Sounds and their scripts, all at one sample rate.

    Raises:
        UserError: There are none, or their rates differ.

    Example:
        >>> from tinyaudio.data.speech.content import sentence
        >>> from tinyaudio.data.speech.script import spoken
        >>> from tinyaudio.data.speech.speakers import speaker
        >>> recordings = [spoken(speaker(0), sentence(i)) for i in range(6)]
        >>> speech = UnitSelection(recordings)
        >>> audio, script = recordings[2]
        >>> speech.synthesize(script).joins  # a recorded sentence is played back whole
        []
    """

    def __init__(self, recordings: Sequence[tuple[Float[Tensor, "1 _"], Script]]) -> None:
        self.sample_rate = one_rate(script for _, script in recordings)
        self.recordings = [audio for audio, _ in recordings]
        self.units: list[Half] = []
        self.sources: list[int] = []  # the recording of each unit
        sounds: list[Tensor] = []
        octaves: list[Tensor] = []
        firsts: list[int] = []
        for i, (audio, script) in enumerate(recordings):
            units = halves(script)
            edges = torch.tensor([unit.begin for unit in units] + [units[-1].end])
            firsts += range(len(self.units) + i, len(self.units) + i + len(units))
            self.units += units
            self.sources += [i] * len(units)
            sounds.append(levels_db(audio, edges, self.sample_rate))
            at = edges.clamp(max=len(script.f0_hz) - 1)
            pitch = torch.log2(script.f0_hz[at] / MIDDLE_HZ)
            octaves.append(torch.where(script.voiced[at] > 0, pitch, torch.nan))
        # Of every edge of every recording; unit u reaches from edge first[u] to the one after it.
        self.sounds, self.octaves = torch.cat(sounds), torch.cat(octaves)
        self.first = torch.tensor(firsts)

    def join_cost(self, left: Int[Tensor, " a"], right: Int[Tensor, " b"]) -> Float[Tensor, "a b"]:
        """Join cost of every pair of a left and a right unit; 0 if they are consecutive in a recording."""
        end, begin = self.first[left] + 1, self.first[right]
        levels = torch.cdist(self.sounds[end], self.sounds[begin], p=1) / BANDS
        steps = (self.octaves[end, None] - self.octaves[begin]).abs()
        # Unvoiced edges have no pitch (NaN), hence no pitch cost.
        return PER_DB * levels + PER_OCTAVE * steps.nan_to_num(0.0)

    def target_cost(self, wanted: Half, candidates: Int[Tensor, " a"]) -> Float[Tensor, " a"]:
        """Target cost of every candidate unit."""
        units = [self.units[i] for i in candidates.tolist()]
        lengths = torch.tensor([float(unit.end - unit.begin) for unit in units])
        octaves = torch.tensor([unit.octaves for unit in units])
        others = torch.tensor([float(unit.neighbour != wanted.neighbour) for unit in units])
        duration_octaves = torch.log2(lengths / max(wanted.end - wanted.begin, 1)).abs()
        pitch_octaves = (octaves - wanted.octaves).abs()
        return PER_LENGTH * duration_octaves + PER_OCTAVE * pitch_octaves + OTHER_NEIGHBOUR * others

    def choose(self, script: Script, join_weight: float = 1.0) -> list[int]:
        """The sequence of units of the least total cost, by the Viterbi algorithm.

        Only the cheapest path to every candidate is kept; so the cost is linear in the length of the
        script, while the number of sequences is exponential.

        Args:
            script: What to synthesize.
            join_weight: Factor of the join cost; 0 takes the unit of the least target cost everywhere.

        Returns:
            One unit for every half of a phone.

        Raises:
            UserError: A phone of the script was never recorded, or its sample rate is another one.
        """
        if script.sample_rate != self.sample_rate:
            raise UserError(
                f"a script at {script.sample_rate} Hz, recordings at {self.sample_rate}"
            )
        kinds: dict[tuple[str, bool], list[int]] = {}
        for u, unit in enumerate(self.units):
            kinds.setdefault((unit.phone, unit.second), []).append(u)
        candidates: list[Tensor] = []
        back: list[Tensor] = []  # back-pointers: the best predecessor of every candidate
        total = torch.zeros(0)  # cost of the cheapest sequence that ends in each candidate
        for wanted in halves(script):
            if (wanted.phone, wanted.second) not in kinds:
                raise UserError(f"the recordings have no {wanted.phone!r}; add one that does")
            here = torch.tensor(kinds[wanted.phone, wanted.second])
            cost = self.target_cost(wanted, here)
            if candidates:
                joins = join_weight * self.join_cost(candidates[-1], here)
                best, pointer = (total[:, None] + joins).min(dim=0)
                back.append(pointer)
                cost = cost + best
            total = cost
            candidates.append(here)
        k = int(total.argmin())
        chosen = [int(candidates[-1][k])]
        for here, pointer in zip(candidates[-2::-1], back[::-1], strict=True):
            k = int(pointer[k])
            chosen.append(int(here[k]))
        return chosen[::-1]

    def synthesize(
        self, script: Script, *, join_weight: float = 1.0, fade_s: float = 0.005
    ) -> Synthesis:
        """Choose units and concatenate them.

        Args:
            script: What to synthesize.
            join_weight: See `choose`.
            fade_s: Length of the crossfade between units, in seconds; 0 for none.

        Returns:
            The sound, as long as its units are, and its joins.
        """
        chosen = self.choose(script, join_weight)
        half = round(fade_s * self.sample_rate / 2)
        joins, places, pieces = [], [], []
        now, start = 0, 0
        for i, u in enumerate(chosen):
            now += self.units[u].end - self.units[u].begin
            whole = i + 1 < len(chosen) and chosen[i + 1] == u + 1
            if whole and self.sources[u + 1] == self.sources[u]:
                continue
            pieces.append((self.sources[u], self.units[chosen[start]].begin, self.units[u].end))
            joins.append(now)
            places.append(i + 1)
            start = i + 1
        audio = torch.zeros(1, now + 2 * half)
        at = 0
        for source, begin, end in pieces:
            piece = _with_edges(self.recordings[source], begin, end, half)
            audio[:, at : at + piece.shape[1]] += piece
            at += end - begin
        right = self.first[[chosen[i] for i in places[:-1]]]
        left = self.first[[chosen[i - 1] for i in places[:-1]]] + 1
        semitones = 12 * (self.octaves[right] - self.octaves[left])
        return Synthesis(audio[:, half : half + now], joins[:-1], places[:-1], semitones, chosen)


def step_db(
    audio: Float[Tensor, "1 time"], at: Sequence[int], sample_rate: int
) -> Float[Tensor, " places"]:
    """Spectral discontinuity at given samples: mean difference of the mel bands before and after.

    Args:
        audio: The sound.
        at: In samples: the 20 ms before each are compared with the 20 ms after it.
        sample_rate: In Hz.

    Returns:
        In dB, for each of them.

    Example:
        >>> buzz = 0.1 * (torch.arange(16_000) % 80 == 0).float()[None]
        >>> louder = torch.cat([buzz[:, :8_000], 10 * buzz[:, 8_000:]], dim=1)
        >>> step_db(louder, [4_000, 8_000], 16_000).round()
        tensor([ 0., 20.])
    """
    places, reach = torch.tensor(at), round(WINDOW_S * sample_rate / 2)
    before = levels_db(audio, places - reach, sample_rate)
    after = levels_db(audio, places + reach, sample_rate)
    return (after - before).abs().mean(dim=1)


def levels_db(
    audio: Float[Tensor, "1 time"], at: Int[Tensor, " places"], sample_rate: int
) -> Float[Tensor, "places bands"]:
    """The level of every mel band in the 20 ms around given samples, in dB, at least -60.

    Example:
        >>> levels_db(torch.zeros(1, 100), torch.tensor([0, 50]), 16_000).unique()
        tensor([-60.])
    """
    half = round(WINDOW_S * sample_rate / 2)
    padded = F.pad(audio[0], (half, half + 1))
    windows = padded[at.clamp(0, audio.shape[1])[:, None] + torch.arange(2 * half)]
    n_fft = 2 ** math.ceil(
        math.log2(2 * half) + 1
    )  # finer than the window needs, for the low bands
    spectra = torch.fft.rfft(windows * torch.hann_window(2 * half), n_fft).abs()
    return 20 * torch.log10(mel(spectra.T, _bands(sample_rate, n_fft)).T.clamp(min=FLOOR))


@cache
def _bands(sample_rate: int, n_fft: int) -> Tensor:
    return mel_filterbank(sample_rate, n_fft, BANDS)


def _with_edges(audio: Tensor, begin: int, end: int, half: int) -> Tensor:
    """A piece of a recording with a crossfade of 2 half samples around its beginning and its end."""
    piece = F.pad(audio, (half, half))[:, begin : end + 2 * half].clone()
    if half:
        rise = torch.sin(torch.linspace(0, math.pi / 2, 2 * half + 2)[1:-1]) ** 2
        piece[:, : 2 * half] *= rise
        piece[:, -2 * half :] *= rise.flip(0)
    return piece
