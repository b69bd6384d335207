r"""Concatenative synthesis: say something new with pieces of what a speaker once said.

Every half of a phone that was recorded is a unit.  For a script t_1 ... t_n of halves those units
u_1 ... u_n are sought that together cost least:

    \sum_i C_target(t_i, u_i) + \sum_i C_join(u_{i-1}, u_i)               [Hunt & Black, eqs. 4, 5]

The target cost says how unlike its place a unit is, in length, pitch and neighbouring phone; the join
cost, how unlike the sounds are that would meet.  Neighbours in a recording meet in the same sound, so
that joining them costs nothing, and the search keeps long pieces whole where it can.

Paper:      Hunt & Black, "Unit selection in a concatenative speech synthesis system using a large
            speech database", ICASSP 1996.
Implements: `UnitSelection`, with Viterbi's search; `step_db`, how far the spectrum jumps at a join.
Differs:    units are halves of phones, not phones, so that a join may lie at an edge or in a middle;
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


class Joined(NamedTuple):
    """What was said, and where it was joined.

    Attributes:
        audio: The sound.
        joins: The samples at which units meet that were not neighbours.
        places: For every join, the half of the script that begins there.
        semitones: For every join, how far the pitch jumps there; NaN where nothing is voiced.
        units: For every half of the script, which unit was taken.
    """

    audio: Float[Tensor, "1 time"]
    joins: list[int]
    places: list[int]
    semitones: Float[Tensor, " joins"]
    units: list[int]


class UnitSelection:
    """A speaker's recordings, ready to be taken apart.

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
        >>> speech.synthesize(script).joins  # what was recorded is played back whole
        []
    """

    def __init__(self, recordings: Sequence[tuple[Float[Tensor, "1 _"], Script]]) -> None:
        self.sample_rate = one_rate(script for _, script in recordings)
        self.recordings = [audio for audio, _ in recordings]
        self.units: list[Half] = []
        self.sources: list[int] = []  # the recording that each unit lies in
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
        """How badly the ends of some units fit the beginnings of others; neighbours cost nothing."""
        end, begin = self.first[left] + 1, self.first[right]
        levels = torch.cdist(self.sounds[end], self.sounds[begin], p=1) / BANDS
        steps = (self.octaves[end, None] - self.octaves[begin]).abs()
        # Where nothing is voiced there is no pitch that could jump.
        return PER_DB * levels + PER_OCTAVE * steps.nan_to_num(0.0)

    def target_cost(self, wanted: Half, candidates: Int[Tensor, " a"]) -> Float[Tensor, " a"]:
        """How unlike its place in the script each of some units is."""
        units = [self.units[i] for i in candidates.tolist()]
        lengths = torch.tensor([float(unit.end - unit.begin) for unit in units])
        octaves = torch.tensor([unit.octaves for unit in units])
        others = torch.tensor([float(unit.neighbour != wanted.neighbour) for unit in units])
        stretched = torch.log2(lengths / max(wanted.end - wanted.begin, 1)).abs()
        bent = (octaves - wanted.octaves).abs()
        return PER_LENGTH * stretched + PER_OCTAVE * bent + OTHER_NEIGHBOUR * others

    def choose(self, script: Script, join_weight: float = 1.0) -> list[int]:
        """The cheapest sequence of units, by Viterbi's search.

        To every candidate leads only the cheapest way; so the work grows with the length of the
        script, while the number of sequences grows exponentially.

        Args:
            script: What is to be said.
            join_weight: Times the join cost; 0 takes the best unit for every place, whatever stands
                beside it.

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
        ways: list[Tensor] = []  # from every candidate to the best of those before it
        total = torch.zeros(0)  # cost of the cheapest sequence that ends in each candidate
        for wanted in halves(script):
            if (wanted.phone, wanted.second) not in kinds:
                raise UserError(f"the recordings have no {wanted.phone!r}; add one that does")
            here = torch.tensor(kinds[wanted.phone, wanted.second])
            cost = self.target_cost(wanted, here)
            if candidates:
                joins = join_weight * self.join_cost(candidates[-1], here)
                best, way = (total[:, None] + joins).min(dim=0)
                ways.append(way)
                cost = cost + best
            total = cost
            candidates.append(here)
        k = int(total.argmin())
        chosen = [int(candidates[-1][k])]
        for here, way in zip(candidates[-2::-1], ways[::-1], strict=True):
            k = int(way[k])
            chosen.append(int(here[k]))
        return chosen[::-1]

    def synthesize(self, script: Script, *, join_weight: float = 1.0, fade_s: float = 0.005) -> Joined:
        """Choose units and join them.

        Args:
            script: What is to be said.
            join_weight: See `choose`.
            fade_s: Over how long one unit fades into the next, in seconds; 0 cuts hard.

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
        return Joined(audio[:, half : half + now], joins[:-1], places[:-1], semitones, chosen)


def step_db(
    audio: Float[Tensor, "1 time"], at: Sequence[int], sample_rate: int
) -> Float[Tensor, " places"]:
    """How far the spectrum jumps at some places: mean difference of its bands before and after.

    Args:
        audio: The sound.
        at: Places, in samples: the 20 ms up to there are compared with the 20 ms from there on.
        sample_rate: In Hz.

    Returns:
        In dB, for every place.

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
    """The level of every mel band in the 20 ms around some places, in dB, -60 at least.

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
    """A piece of a recording that rises over 2 half samples around its begin, and falls so."""
    piece = F.pad(audio, (half, half))[:, begin : end + 2 * half].clone()
    if half:
        rise = torch.sin(torch.linspace(0, math.pi / 2, 2 * half + 2)[1:-1]) ** 2
        piece[:, : 2 * half] *= rise
        piece[:, -2 * half :] *= rise.flip(0)
    return piece
