"""Procedural instruments: parameters that are drawn from the ranges of a family.

The labels of an instrument's notes are computed from these parameters, so that they are exact.

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
    """The parameters of one instrument; those missing here are explained in `Struck` and `Sustained`.

    Attributes:
        family: One of `FAMILIES`.
        index: Its number in the family.
        source: 0 acoustic, 1 electronic, 2 synthetic.
        tuning_cents: Its deviation from equal temperament, in cents.
        body: Its fixed resonances.
        release_s: Time constant of the decay after the key is released, in seconds.
        fm_ratio: Frequency of an FM modulator relative to the carrier; 0 is no FM.
        bar: Partials of a bar relative to the pitch; empty for other instruments.
        drawbars: Amplitudes of an organ's nine stops; empty for other instruments.
        drive: Of an overdriven amplifier; 0 is clean. See `overdrive`.
        reverb_s: Time in which the room's reverberation falls by 60 dB; 0 is a dry sound.
        tempo_hz: Rate of a rhythmic gate; 0 is none.
        second_pitch: Frequency of a second tone relative to the first; 0 is none.
        swell_s: Time constant with which a filter opens; 0 is a filter that follows the loudness.
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
        """Whether its sound decays by itself, rather than being sustained while the key is held."""
        return isinstance(RANGES[self.family], Struck)

    @property
    def darkness(self) -> float:
        """Position of its slope in its family's range: 0 is the brightest, 1 the darkest."""
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
        seed: Decides the parameters of all instruments.

    Returns:
        The instrument; the same arguments give the same one.

    Raises:
        DataError: The family or the number does not exist.

    Example:
        >>> draw_instrument("reed", 3).name
        'reed_acoustic_003'
    """
    if family not in RANGES:
        raise DataError(f"no family {family!r}; choose one of: {', '.join(FAMILIES)}")
    if not 0 <= index < PER_FAMILY:
        raise DataError(f"no {family} number {index}; it must be from 0 to {PER_FAMILY - 1}")
    draws = generator(seed, Purpose.INSTRUMENT, FAMILIES.index(family), index)

    def between(limits: Range) -> float:
        return float(draws.uniform(*limits))

    def ratio_between(limits: Range) -> float:
        """Uniform on a logarithmic scale, for times and frequencies; (0, 0) stays 0."""
        return float(np.exp(draws.uniform(*np.log(limits)))) if limits[0] > 0 else 0.0

    def happens(probability: float) -> bool:
        return bool(draws.random() < probability)

    # Every number is drawn for every family, so that changing one range leaves the other numbers.
    ranges = RANGES[family]
    any_source = int(draws.choice([0, 0, 1, 2]))
    source = {"organ": 1, "synth_lead": 2}.get(family, any_source if family in MIXED else 0)
    slope, noise, tuning = between(ranges.slope), ratio_between(ranges.noise), between((-2.0, 2.0))
    detune = between(ranges.detune_cents)
    release, long_release = ratio_between((0.03, 0.15)), ratio_between((0.35, 0.8))
    body = draw_body(family, draws)
    has_drive, drive = happens(0.35), ratio_between((3.0, 12.0))
    has_reverb, reverb = happens(0.15), ratio_between((0.3, 1.2))
    has_gate, tempo = happens(0.12), float(draws.choice([4.0, 6.0, 8.0]))
    has_long_release = happens(0.15)
    has_second, second = happens(0.1), between((1.4, 1.8))
    has_swell, swell = happens(0.25), between((0.5, 1.2))
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
        drive=drive if has_drive and source and family not in ("keyboard", "mallet") else 0.0,
        reverb_s=reverb if has_reverb else 0.0,
        second_pitch=second if has_second and family in ("reed", "synth_lead", "mallet") else 0.0,
    )
    if isinstance(ranges, Struck):
        has_fm = source > 0 and family in ("keyboard", "mallet")
        return replace(
            plain,
            release_s=0.3 if family == "mallet" else release,  # a bar is not damped when released
            t60_s=ratio_between(ranges.t60_s),
            damping_hz=ratio_between(ranges.damping_hz),
            pluck=between(ranges.pluck),
            stretch=ratio_between(ranges.stretch),
            bar=ranges.bars[int(draws.integers(len(ranges.bars)))],
            fm_ratio=float(draws.choice([1.0, 2.0, 3.5, 14.0])) if has_fm else 0.0,
        )
    even = between(ranges.even)
    if family == "synth_lead":
        even = ranges.even[int(even > 0.3)]  # a square wave, or more often a sawtooth
    return replace(
        plain,
        release_s=long_release if has_long_release else release,
        attack_s=ratio_between(ranges.attack_s),
        vibrato_hz=between(ranges.vibrato_hz),
        vibrato_cents=between(ranges.vibrato_cents),
        tremolo=between(ranges.tremolo),
        brightening=between(ranges.brightening),
        even=even,
        drawbars=_drawbars(draws) if family == "organ" else (),
        tempo_hz=tempo if has_gate else 0.0,
        swell_s=swell if has_swell and family in ("brass", "synth_lead") else 0.0,
    )


def _drawbars(draws: np.random.Generator) -> tuple[float, ...]:
    """Amplitudes of the stops: always some at the pitch itself, little an octave below."""
    amplitudes = draws.uniform(0, 1, 9) ** 1.5 * (draws.random(9) < 0.75)
    amplitudes[[0, 2]] *= [0.15, 0.3]
    amplitudes[1] = max(amplitudes[1], 0.6)
    return tuple(amplitudes.tolist())
