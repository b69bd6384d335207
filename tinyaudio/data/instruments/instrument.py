"""Instruments that do not exist: the numbers that make one, drawn from its family's ranges.

The labels of an instrument's notes are read off these numbers, so that they are exact.

Implements: `Instrument`, `draw_instrument`.
See:        chapter 1, "Sound into numbers"; `tinyaudio.data.instruments.families` for the ranges.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np

from tinyaudio.data.instruments.bodies import Body, draw_body
from tinyaudio.data.instruments.families import FAMILIES, MIXED, RANGES, Range, Struck
from tinyaudio.data.nsynth import QUALITIES, instrument_name
from tinyaudio.data.rng import Purpose, generator
from tinyaudio.errors import DataError

PER_FAMILY = 40  # instruments: 440 in all, where NSynth has 1006


@dataclass(frozen=True)
class Instrument:
    """One instrument. The numbers that are not explained here are in `Struck` and `Sustained`.

    Attributes:
        family: One of `FAMILIES`.
        index: Its number in the family.
        source: 0 acoustic, 1 electronic, 2 synthetic.
        tuning_cents: How far it is out of tune.
        release_s: Time constant of the sound's end once let go, in seconds.
        fm_ratio: Of an electric piano's or bell's modulator; 0 where there is none.
        bar: Partials of a bar; empty for anything else.
        drawbars: Loudness of an organ's nine stops; empty for anything else.
        drive: How hard an amplifier is overdriven; 0 is clean.
        reverb_s: Time in which the room falls by 60 dB, in seconds; 0 is a dry sound.
        tempo_hz: How often the sound is chopped a second; 0 is not at all.
        second_pitch: Frequency of a second tone relative to the first; 0 is none.
        swell_s: Time in which a filter opens; 0 is a filter that follows the loudness.
    """

    family: str
    index: int
    source: int
    tuning_cents: float
    slope: float
    noise: float
    body: Body
    release_s: float
    attack_s: float = 0.002
    # struck
    t60_s: float = 0.0
    damping_hz: float = 1.0
    pluck: float = 0.0
    stretch: float = 0.0
    fm_ratio: float = 0.0
    bar: tuple[float, ...] = ()
    # sustained
    vibrato_hz: float = 0.0
    vibrato_cents: float = 0.0
    tremolo: float = 0.0
    brightening: float = 0.0
    even: float = 1.0
    drawbars: tuple[float, ...] = ()
    # both
    detune_cents: float = 0.0
    drive: float = 0.0
    reverb_s: float = 0.0
    tempo_hz: float = 0.0
    second_pitch: float = 0.0
    swell_s: float = 0.0

    @property
    def struck(self) -> bool:
        """Whether it rings and dies away, rather than sounding while held."""
        return isinstance(RANGES[self.family], Struck)

    @property
    def darkness(self) -> float:
        """Where its slope lies in its family's range: 0 is the brightest, 1 the darkest."""
        low, high = RANGES[self.family].slope
        return (self.slope - low) / (high - low)

    @property
    def qualities(self) -> list[int]:
        """NSynth's ten qualities, 1 where the instrument has one, in the order of `QUALITIES`."""
        has = {
            "bright": self.darkness < 0.25,
            "dark": self.darkness > 0.75,
            "distortion": self.drive > 0,
            "fast_decay": self.struck and self.t60_s < 1.5,
            "long_release": self.release_s > 0.3,
            "multiphonic": self.second_pitch > 0,
            "nonlinear_env": self.swell_s > 0,
            "percussive": self.struck and self.noise > 0.04,
            "reverb": self.reverb_s > 0,
            "tempo-synced": self.tempo_hz > 0,
        }
        return [int(has[quality]) for quality in QUALITIES]

    @property
    def name(self) -> str:
        """NSynth's ``family_source_number``."""
        return instrument_name(self.family, self.source, self.index)


@functools.lru_cache(maxsize=2048)
def draw_instrument(family: str, index: int, seed: int = 0) -> Instrument:
    """Draw an instrument.

    Args:
        family: One of `FAMILIES`.
        index: Its number in the family, 0 to PER_FAMILY - 1.
        seed: Another seed is another orchestra.

    Returns:
        The instrument; the same arguments give the same one.

    Raises:
        DataError: No such family or number.

    Example:
        >>> draw_instrument("reed", 3).name
        'reed_acoustic_003'
    """
    if family not in RANGES:
        raise DataError(f"no family {family!r}; there are: {', '.join(FAMILIES)}")
    if not 0 <= index < PER_FAMILY:
        raise DataError(f"no {family} number {index}; they are numbered 0 to {PER_FAMILY - 1}")
    draws = generator(seed, Purpose.INSTRUMENT, FAMILIES.index(family), index)

    def between(limits: Range) -> float:
        return float(draws.uniform(*limits))

    def ratio_between(limits: Range) -> float:
        """Uniform on a logarithmic scale, for times and frequencies; (0, 0) stays 0."""
        return float(np.exp(draws.uniform(*np.log(limits)))) if limits[0] > 0 else 0.0

    def happens(probability: float) -> bool:
        return bool(draws.random() < probability)

    # Every number is drawn for every family, so that a range can change without moving the others.
    ranges = RANGES[family]
    drawn_source = int(draws.choice([0, 0, 1, 2]))
    source = {"organ": 1, "synth_lead": 2}.get(family, drawn_source if family in MIXED else 0)
    slope, noise, tuning = between(ranges.slope), ratio_between(ranges.noise), between((-2.0, 2.0))
    detune = between(ranges.detune_cents)
    release, long_release = ratio_between((0.03, 0.15)), ratio_between((0.35, 0.8))
    body = draw_body(family, draws)
    overdriven, drive = happens(0.35), ratio_between((3.0, 12.0))
    roomy, reverb = happens(0.15), ratio_between((0.3, 1.2))
    chopped, tempo = happens(0.12), float(draws.choice([4.0, 6.0, 8.0]))
    lingers = happens(0.15)
    two_toned, second = happens(0.1), between((1.4, 1.8))
    swells, swell = happens(0.25), between((0.5, 1.2))
    plain = Instrument(
        family,
        index,
        source,
        tuning,
        slope,
        noise,
        body,
        release,
        detune_cents=detune,
        drive=drive if overdriven and source and family not in ("keyboard", "mallet") else 0.0,
        reverb_s=reverb if roomy else 0.0,
        second_pitch=second if two_toned and family in ("reed", "synth_lead", "mallet") else 0.0,
    )
    if isinstance(ranges, Struck):
        modulated = source > 0 and family in ("keyboard", "mallet")
        return replace(
            plain,
            release_s=0.3 if family == "mallet" else release,  # nobody damps a bar
            t60_s=ratio_between(ranges.t60_s),
            damping_hz=ratio_between(ranges.damping_hz),
            pluck=between(ranges.pluck),
            stretch=ratio_between(ranges.stretch),
            bar=ranges.bars[int(draws.integers(len(ranges.bars)))],
            fm_ratio=float(draws.choice([1.0, 2.0, 3.5, 14.0])) if modulated else 0.0,
        )
    even = between(ranges.even)
    if family == "synth_lead":
        even = ranges.even[int(even > 0.3)]  # a square wave, or more often a sawtooth
    return replace(
        plain,
        release_s=long_release if lingers else release,
        attack_s=ratio_between(ranges.attack_s),
        vibrato_hz=between(ranges.vibrato_hz),
        vibrato_cents=between(ranges.vibrato_cents),
        tremolo=between(ranges.tremolo),
        brightening=between(ranges.brightening),
        even=even,
        drawbars=_drawbars(draws) if family == "organ" else (),
        tempo_hz=tempo if chopped else 0.0,
        swell_s=swell if swells and family in ("brass", "synth_lead") else 0.0,
    )


def _drawbars(draws: np.random.Generator) -> tuple[float, ...]:
    """Which stops an organist has pulled; the one that sounds at the pitch always, the sub-octave little."""
    pulled = draws.uniform(0, 1, 9) ** 1.5 * (draws.random(9) < 0.75)
    pulled[[0, 2]] *= [0.15, 0.3]
    pulled[1] = max(pulled[1], 0.6)
    return tuple(pulled.tolist())
