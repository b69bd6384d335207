"""Instruments that are struck or plucked, and whose sound then decays: strings, bars, bells.

Paper:      Fletcher & Rossing 1998, "The Physics of Musical Instruments"; Weinreich 1977, "Coupled
            piano strings"; Chowning 1973 (frequency modulation).
Implements: `struck`.
See:        chapter 1, "Sound into numbers".
"""

import numpy as np
from jaxtyping import Float
from numpy import ndarray

from tinyaudio.data.instruments.oscillators import fm, modes
from tinyaudio.data.instruments.partials import modulator_ratio, partials_hz
from tinyaudio.data.instruments.press import Press

STRIKE_S = 0.1  # after which the noise of a strike has fallen by 100 dB


def struck(press: Press) -> Float[ndarray, " n"]:
    """A string, bar or bell: a decaying tone, and the noise of the strike.

    Args:
        press: The note to be played.

    Returns:
        The note; its level is not yet set.

    Example:
        >>> from tinyaudio.data.instruments.instrument import draw_instrument
        >>> draws = np.random.default_rng(0)
        >>> struck(Press(draw_instrument("guitar", 0), 60, 0.8, 0.3, 8000, 16_000, draws)).shape
        (8000,)
    """
    instrument = press.instrument
    x = _fm(press) if instrument.fm_ratio else _modal(press)
    x /= np.max(np.abs(x), initial=1e-9)
    n_strike = min(press.n, round(STRIKE_S * press.sample_rate))
    decay = np.exp(-120 / press.sample_rate * np.arange(n_strike))
    x[:n_strike] += (
        instrument.noise * (0.3 + press.loudness) * press.draws.standard_normal(n_strike) * decay
    )
    x *= press.to_audio_rate(np.minimum(1, press.times / instrument.attack_s) * press.release)
    return x


def _modal(press: Press) -> Float[ndarray, " n"]:
    """The modes of a string or bar."""
    instrument = press.instrument
    hz = partials_hz(instrument, press.pitch, press.sample_rate)
    k = np.arange(1, len(hz) + 1)
    amplitudes = k**-press.slope * instrument.body.gain(hz)
    t60_s = instrument.t60_s
    if not instrument.bar:
        # A partial with a node where the string is struck is hardly excited.
        amplitudes *= np.abs(np.sin(np.pi * k * instrument.pluck)) + 1e-5
        t60_s *= (press.f0 / 200) ** -0.35  # high strings decay faster
    decays = 6.91 / t60_s * (1 + (hz / instrument.damping_hz) ** (1.0 if instrument.bar else 1.2))
    # All start near a rising zero crossing, as after a strike; exactly there would be a sharp edge.
    phases = -np.pi / 2 + press.draws.uniform(0, 0.3, len(hz))
    if instrument.detune_cents:
        # A piano key has several strings; the second one is weaker and decays more slowly.
        second = hz * 2 ** (instrument.detune_cents / 1200)
        hz, decays = np.append(hz, second), np.append(decays, 0.35 * decays)
        amplitudes, phases = np.append(amplitudes, 0.3 * amplitudes), np.append(phases, phases)
    if instrument.second_pitch:
        hz, decays = np.append(hz, hz * instrument.second_pitch), np.append(decays, decays)
        amplitudes, phases = np.append(amplitudes, 0.5 * amplitudes), np.append(phases, phases)
    below = hz < press.limit_hz
    return modes(
        hz[below], decays[below], amplitudes[below], phases[below], press.n, press.sample_rate
    )


def _fm(press: Press) -> Float[ndarray, " n"]:
    """An electric piano or bell: frequency modulation whose index falls, so that the tone darkens."""
    instrument, times = press.instrument, press.times
    ratio = modulator_ratio(instrument, press.f0, press.sample_rate)
    # Carson's rule: f (1 + ratio (index + 1)) must stay below the limit, or partials would alias.
    highest = max(0.0, (press.limit_hz / press.f0 - 1) / ratio - 1)
    deepest = (1 + 3 * press.loudness) * (1.4 - 0.8 * instrument.darkness)
    index = np.minimum(deepest * np.exp(-times * (1.5 + press.f0 / 300)), highest)
    x = fm(press.f0, ratio, press.to_audio_rate(index), press.sample_rate)
    if instrument.second_pitch:
        other = press.f0 * instrument.second_pitch
        x += 0.5 * np.sin(2 * np.pi * other / press.sample_rate * np.arange(press.n))
    return x * press.to_audio_rate(10 ** (-3 * times / instrument.t60_s))
