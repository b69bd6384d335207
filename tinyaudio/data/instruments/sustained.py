"""What sounds for as long as it is blown, bowed or held.

Two wavetables hold one period when soft and one when loud; the sound fades between them as its
envelope rises and falls, so that louder is brighter within a note.

Paper:      Risset & Mathews 1969, "Analysis of musical-instrument tones" (brass).
Implements: `sustained`.
See:        chapter 1, "Sound into numbers".
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tinyaudio.data.instruments.oscillators import band_noise, lookup, wavetable
from tinyaudio.data.instruments.partials import STOPS
from tinyaudio.data.instruments.press import Press

DEVIATION = 1.04  # how far above its frequency a note gets: vibrato of 60 cents, and drift
CHOPPED = 0.1  # loudness in the pauses of a tempo


def sustained(press: Press) -> Float[ndarray, " n"]:
    """A wind, bowed or held instrument: its tone, its breath, and what shakes them.

    Args:
        press: What is played.

    Returns:
        The note, at any level.

    Example:
        >>> from tinyaudio.data.instruments.instrument import draw_instrument
        >>> draws = np.random.default_rng(0)
        >>> sustained(Press(draw_instrument("flute", 0), 72, 0.8, 0.3, 8000, 16_000, draws)).shape
        (8000,)
    """
    instrument, times = press.instrument, press.times
    loudness = np.minimum(1, times / instrument.attack_s) ** 1.5 * press.released
    shaking = np.clip((times - 0.25) / 0.4, 0, 1)  # players begin with a straight tone
    shake = shaking * np.sin(
        2 * np.pi * instrument.vibrato_hz * times + press.draws.uniform(0, 2 * np.pi)
    )
    cents = instrument.vibrato_cents * shake
    if instrument.family in ("string", "vocal"):
        cents = cents + _drift(press)
    cycles = np.cumsum(press.sampled(press.f0 / press.sample_rate * 2 ** (cents / 1200)))
    x = _organ(press, cycles) if instrument.drawbars else _tone(press, cycles, loudness)
    if instrument.noise:
        breath = band_noise(
            press.draws,
            press.n,
            0.8 * press.f0,
            min(4 * press.f0, press.limit_hz),
            press.sample_rate,
        )
        x += breath * press.sampled(instrument.noise * (1 + 2 * np.exp(-times / 0.06)))
    loudness = loudness * (1 + instrument.tremolo * shake)
    if instrument.tempo_hz:
        loudness = loudness * np.where(times * instrument.tempo_hz % 1 < 0.5, 1.0, CHOPPED)
    x *= press.sampled(loudness)
    return x


def _drift(press: Press) -> Float[ndarray, " m"]:
    """Cents by which fingers and throats wander, six times a second."""
    knots = np.arange(0, press.times[-1] + 1, 1 / 6)
    return np.interp(press.times, knots, press.draws.normal(0, 2, len(knots)))


def _tone(
    press: Press, cycles: Float[ndarray, " n"], loudness: Float[ndarray, " m"]
) -> Float[ndarray, " n"]:
    """The tables read at the phase `cycles`, and mixed by the loudness."""
    instrument, times = press.instrument, press.times
    soft = _harmonics(press, press.f0)
    loud = soft * np.arange(1, len(soft) + 1) ** instrument.brightening
    phases = np.zeros(len(soft))  # reeds and lips make pulses: their harmonics are in step
    if instrument.family in ("string", "vocal"):
        phases = press.draws.uniform(0, 2 * np.pi, len(soft))
    if instrument.swell_s:
        share = 1 - np.exp(-times / instrument.swell_s)  # a filter opens by itself
    else:
        # Louder is brighter, and the very beginning brightest.
        share = loudness**2 * press.loudness * (1 + 0.5 * np.exp(-times / 0.15))
    dark = wavetable(soft / np.linalg.norm(soft), phases)
    bright = wavetable(loud / np.linalg.norm(loud), phases)
    apart = 2 ** (instrument.detune_cents / 2400)
    x = lookup(dark, cycles * apart)
    x += press.sampled(np.clip(share, 0, 1)) * (lookup(bright, cycles * apart) - x)
    if instrument.detune_cents:
        x += lookup(dark, cycles / apart)
    if instrument.second_pitch:
        # Higher, so it has fewer harmonics below the limit: a table of its own.
        second = _harmonics(press, press.f0 * instrument.second_pitch)
        table = wavetable(second / np.linalg.norm(second), np.zeros(len(second)))
        x += 0.5 * lookup(table, cycles * instrument.second_pitch)
    return x


def _harmonics(press: Press, f0: float) -> Float[ndarray, " k"]:
    """Amplitudes of a soft tone's harmonics, as many as stay below the limit."""
    k = np.arange(1, max(1, int(press.limit_hz / (DEVIATION * f0))) + 1)
    even = np.where(k % 2 == 0, press.instrument.even, 1.0)
    return k**-press.slope * even * press.instrument.body.gain(f0 * k)


def _organ(press: Press, cycles: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    """Nine pipes a key; two of them are lower than the others' common pitch, hence the halves."""
    fits = STOPS / 2 * press.f0 * DEVIATION < press.limit_hz
    amplitudes = np.zeros(STOPS[fits][-1])
    pulled = np.array(press.instrument.drawbars) * np.maximum(STOPS / 2, 1) ** -press.slope
    amplitudes[STOPS[fits] - 1] = pulled[fits]
    return lookup(wavetable(amplitudes, np.zeros(len(amplitudes))), cycles / 2)
