"""Eleven families of instruments, each a table of ranges that its instruments are drawn from.

Paper:      Fletcher & Rossing 1998, "The Physics of Musical Instruments" (partials of strings and
            bars); Risset & Mathews 1969 (brass brightens as it gets louder);
            Weinreich 1977 (the two strings of a piano key).
Implements: `Struck`, `Sustained`, `RANGES`.
Differs:    from physics in the widths of the ranges, which were chosen by hand and by measurement so
            that families overlap but can be distinguished.
See:        chapter 1, "Sound into numbers".
"""

from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Struck:
    """Ranges of a family that is plucked or struck, and whose sound then decays.

    Attributes:
        pitches: Lowest and highest MIDI pitch.
        slope: s of the k-th partial's amplitude k^-s; smaller is brighter.
        noise: Peak of the strike's noise, relative to the tone.
        t60_s: Time in which the tone falls by 60 dB at 200 Hz, in seconds.
        damping_hz: Above it, partials decay visibly faster.
        pluck: Where a string is struck, as a fraction of its length; partials with a node there are weak.
        stretch: B of a stiff string's partials k f sqrt(1 + B k^2).
        detune_cents: Between the two strings of one key, in cents; 0 is a single string.
        bars: Sets of partials of bars and bells, relative to the pitch; an instrument has one of them.
    """

    pitches: tuple[int, int]
    slope: Range
    noise: Range
    t60_s: Range
    damping_hz: Range
    pluck: Range = (0.0, 0.0)
    stretch: Range = (0.0, 0.0)
    detune_cents: Range = (0.0, 0.0)
    bars: tuple[tuple[float, ...], ...] = ((),)


@dataclass(frozen=True)
class Sustained:
    """Ranges of a family that sounds for as long as it is blown, bowed or held.

    Attributes:
        pitches: Lowest and highest MIDI pitch.
        slope: s of the k-th partial's amplitude k^-s; smaller is brighter.
        noise: RMS of breath or bow, relative to the tone.
        attack_s: Time to full loudness, in seconds.
        vibrato_hz: Rate of the vibrato.
        vibrato_cents: Its depth, to either side.
        tremolo: Depth of the tremolo, in step with the vibrato, as a fraction of the amplitude.
        brightening: By how much the slope is smaller at full loudness than at the lowest.
        even: Amplitude of the even harmonics relative to the odd ones; small is hollow, like a clarinet.
        detune_cents: Between two oscillators, in cents; 0 is a single one.
    """

    pitches: tuple[int, int]
    slope: Range
    noise: Range
    attack_s: Range
    vibrato_hz: Range
    vibrato_cents: Range
    tremolo: Range = (0.0, 0.04)
    brightening: Range = (0.1, 0.35)
    even: Range = (1.0, 1.0)
    detune_cents: Range = (0.0, 0.0)


BARS = (
    (1.0, 3.98, 10.67, 18.0),  # marimba
    (1.0, 2.756, 5.404, 8.933, 13.345),  # a uniform free bar
    (1.0, 4.0, 10.2, 18.0),  # vibraphone
    (0.5, 1.0, 1.183, 1.506, 2.0, 2.514, 2.662, 3.011, 4.166, 5.433, 6.796),  # a church bell
)
RANGES: dict[str, Struck | Sustained] = {
    "bass": Struck(
        pitches=(24, 60),
        slope=(0.5, 1.1),
        noise=(0.003, 0.02),
        t60_s=(2.0, 6.0),
        damping_hz=(700.0, 2500.0),
        pluck=(0.09, 0.31),
        stretch=(1e-5, 2e-4),
    ),
    "brass": Sustained(
        pitches=(36, 84),
        slope=(0.7, 1.2),
        noise=(0.001, 0.01),
        attack_s=(0.03, 0.1),
        vibrato_hz=(4.5, 6.0),
        vibrato_cents=(0.0, 8.0),
        brightening=(0.5, 1.1),
    ),
    "flute": Sustained(
        pitches=(48, 84),
        slope=(1.7, 2.7),
        noise=(0.02, 0.1),
        attack_s=(0.05, 0.14),
        vibrato_hz=(4.5, 6.0),
        vibrato_cents=(5.0, 15.0),
        tremolo=(0.05, 0.2),
    ),
    "guitar": Struck(
        pitches=(36, 84),
        slope=(0.5, 1.1),
        noise=(0.003, 0.02),
        t60_s=(2.5, 8.0),
        damping_hz=(700.0, 2500.0),
        pluck=(0.09, 0.31),
        stretch=(1e-5, 2e-4),
    ),
    "keyboard": Struck(
        pitches=(24, 84),
        slope=(0.6, 1.2),
        noise=(0.01, 0.05),
        t60_s=(3.0, 9.0),
        damping_hz=(1200.0, 4000.0),
        pluck=(0.1, 0.14),
        stretch=(1e-4, 1e-3),
        detune_cents=(0.3, 1.2),
    ),
    "mallet": Struck(
        pitches=(36, 84),
        slope=(0.8, 1.6),
        noise=(0.02, 0.1),
        t60_s=(0.25, 3.5),
        damping_hz=(2000.0, 8000.0),
        bars=BARS,
    ),
    "organ": Sustained(
        pitches=(24, 84),
        slope=(0.0, 1.2),
        noise=(0.0, 0.0),
        attack_s=(0.004, 0.015),
        vibrato_hz=(5.5, 7.0),
        vibrato_cents=(0.0, 6.0),
        tremolo=(0.0, 0.1),
    ),
    "reed": Sustained(
        pitches=(36, 84),
        slope=(0.35, 0.9),
        noise=(0.003, 0.02),
        attack_s=(0.015, 0.06),
        vibrato_hz=(4.5, 6.0),
        vibrato_cents=(0.0, 10.0),
        even=(0.02, 1.0),
    ),
    "string": Sustained(
        pitches=(28, 84),
        slope=(0.6, 0.95),
        noise=(0.004, 0.03),
        attack_s=(0.06, 0.25),
        vibrato_hz=(5.0, 6.5),
        vibrato_cents=(8.0, 28.0),
    ),
    "synth_lead": Sustained(
        pitches=(36, 84),
        slope=(0.5, 0.9),
        noise=(0.0, 0.0),
        attack_s=(0.003, 0.05),
        vibrato_hz=(4.0, 6.0),
        vibrato_cents=(0.0, 10.0),
        even=(0.01, 1.0),
        detune_cents=(0.0, 9.0),
    ),
    "vocal": Sustained(
        pitches=(36, 84),
        slope=(0.7, 1.3),
        noise=(0.01, 0.04),
        attack_s=(0.05, 0.12),
        vibrato_hz=(5.0, 6.5),
        vibrato_cents=(15.0, 60.0),
    ),
}
FAMILIES = tuple(RANGES)  # in NSynth's order
MIXED = ("bass", "guitar", "keyboard", "mallet")  # families with instruments of every source
