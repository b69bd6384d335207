"""Instruments that sound for as long as they are blown, bowed or held.

One wavetable holds a period of the soft tone, another of the loud tone; the sound is crossfaded between
them by its envelope, so that louder is brighter within a note.

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

DEVIATION = 1.04  # greatest frequency relative to the pitch: vibrato of 60 cents, and drift
GATE_FLOOR = 0.1  # amplitude while a rhythmic gate is closed


def sustained(press: Press) -> Float[ndarray, " n"]:
    """A wind, bowed or held instrument: its tone and breath noise, with vibrato and tremolo.

    Args:
        press: The note to be played.

    Returns:
        The note; its level is not yet set.

    Example:
        >>> from tinyaudio.data.instruments.instrument import draw_instrument
        >>> draws = np.random.default_rng(0)
        >>> sustained(Press(draw_instrument("flute", 0), 72, 0.8, 0.3, 8000, 16_000, draws)).shape
        (8000,)
    """
    instrument, times = press.instrument, press.times
    loudness = np.minimum(1, times / instrument.attack_s) ** 1.5 * press.release
    vibrato_depth = np.clip((times - 0.25) / 0.4, 0, 1)  # vibrato sets in after the attack
    vibrato = vibrato_depth * np.sin(
        2 * np.pi * instrument.vibrato_hz * times + press.draws.uniform(0, 2 * np.pi)
    )
    cents = instrument.vibrato_cents * vibrato
    if instrument.family in ("string", "vocal"):
        cents = cents + _drift(press)
    cycles = np.cumsum(press.to_audio_rate(press.f0 / press.sample_rate * 2 ** (cents / 1200)))
    x = _organ(press, cycles) if instrument.drawbars else _tone(press, cycles, loudness)
    if instrument.noise:
        breath = band_noise(
            press.draws,
            press.n,
            0.8 * press.f0,
            min(4 * press.f0, press.limit_hz),
            press.sample_rate,
        )
        x += breath * press.to_audio_rate(instrument.noise * (1 + 2 * np.exp(-times / 0.06)))
    loudness = loudness * (1 + instrument.tremolo * vibrato)
    if instrument.tempo_hz:
        loudness = loudness * np.where(times * instrument.tempo_hz % 1 < 0.5, 1.0, GATE_FLOOR)
    x *= press.to_audio_rate(loudness)
    return x


def _drift(press: Press) -> Float[ndarray, " m"]:
    """Random drift of the pitch, in cents, with a new value six times a second."""
    knots = np.arange(0, press.times[-1] + 1, 1 / 6)
    return np.interp(press.times, knots, press.draws.normal(0, 2, len(knots)))


def _tone(
    press: Press, cycles: Float[ndarray, " n"], loudness: Float[ndarray, " m"]
) -> Float[ndarray, " n"]:
    """Both wavetables read at the phase `cycles`, crossfaded by the loudness."""
    instrument, times = press.instrument, press.times
    soft = _harmonics(press, press.f0)
    loud = soft * np.arange(1, len(soft) + 1) ** instrument.brightening
    phases = np.zeros(len(soft))  # reeds and lips make pulses: their harmonics are in phase
    if instrument.family in ("string", "vocal"):
        phases = press.draws.uniform(0, 2 * np.pi, len(soft))
    if instrument.swell_s:
        brightness = 1 - np.exp(-times / instrument.swell_s)  # a filter that opens over time
    else:
        # Louder is brighter, and the attack brightest.
        brightness = loudness**2 * press.loudness * (1 + 0.5 * np.exp(-times / 0.15))
    dark = wavetable(soft / np.linalg.norm(soft), phases)
    bright = wavetable(loud / np.linalg.norm(loud), phases)
    detune = 2 ** (instrument.detune_cents / 2400)
    x = lookup(dark, cycles * detune)
    x += press.to_audio_rate(np.clip(brightness, 0, 1)) * (lookup(bright, cycles * detune) - x)
    if instrument.detune_cents:
        x += lookup(dark, cycles / detune)
    if instrument.second_pitch:
        # It is higher and has fewer harmonics below the limit: it needs its own table.
        second = _harmonics(press, press.f0 * instrument.second_pitch)
        table = wavetable(second / np.linalg.norm(second), np.zeros(len(second)))
        x += 0.5 * lookup(table, cycles * instrument.second_pitch)
    return x


def _harmonics(press: Press, f0: float) -> Float[ndarray, " k"]:
    """Amplitudes of a soft tone's harmonics below the limit."""
    k = np.arange(1, max(1, int(press.limit_hz / (DEVIATION * f0))) + 1)
    even = np.where(k % 2 == 0, press.instrument.even, 1.0)
    return k**-press.slope * even * press.instrument.body.gain(f0 * k)


def _organ(press: Press, cycles: Float[ndarray, " n"]) -> Float[ndarray, " n"]:
    """Nine pipes a key, at multiples of half the pitch, since one sounds an octave below it."""
    below = STOPS / 2 * press.f0 * DEVIATION < press.limit_hz
    amplitudes = np.zeros(STOPS[below][-1])
    stops = np.array(press.instrument.drawbars) * np.maximum(STOPS / 2, 1) ** -press.slope
    amplitudes[STOPS[below] - 1] = stops[below]
    return lookup(wavetable(amplitudes, np.zeros(len(amplitudes))), cycles / 2)
