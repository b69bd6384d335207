"""What is hit or plucked and then left to ring: strings, bars, bells.

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
    """A string, bar or bell: a tone that dies away by itself, and the noise of the strike.

    Args:
        press: What is played.

    Returns:
        The note, at any level.

    Example:
        >>> from tinyaudio.data.instruments.instrument import draw_instrument
        >>> draws = np.random.default_rng(0)
        >>> struck(Press(draw_instrument("guitar", 0), 60, 0.8, 0.3, 8000, 16_000, draws)).shape
        (8000,)
    """
    instrument = press.instrument
    x = _modulated(press) if instrument.fm_ratio else _ringing(press)
    x /= np.max(np.abs(x), initial=1e-9)
    hit = min(press.n, round(STRIKE_S * press.sample_rate))
    decay = np.exp(-120 / press.sample_rate * np.arange(hit))
    x[:hit] += instrument.noise * (0.3 + press.loudness) * press.draws.standard_normal(hit) * decay
    x *= press.sampled(np.minimum(1, press.times / instrument.attack_s) * press.released)
    return x


def _ringing(press: Press) -> Float[ndarray, " n"]:
    """The modes of a string or bar."""
    instrument = press.instrument
    hz = partials_hz(instrument, press.pitch, press.sample_rate)
    k = np.arange(1, len(hz) + 1)
    amplitudes = k**-press.slope * instrument.body.gain(hz)
    t60_s = instrument.t60_s
    if not instrument.bar:
        # A partial with a node where the string is struck is hardly moved.
        amplitudes *= np.abs(np.sin(np.pi * k * instrument.pluck)) + 1e-5
        t60_s *= (press.f0 / 200) ** -0.35  # high strings ring for a shorter time
    decays = 6.91 / t60_s * (1 + (hz / instrument.damping_hz) ** (1.0 if instrument.bar else 1.2))
    # Almost all begin at zero and upwards, as after a blow; exactly would be a sharp edge.
    phases = -np.pi / 2 + press.draws.uniform(0, 0.3, len(hz))
    if instrument.detune_cents:
        # A piano key has several strings; the second one rings weaker and for longer.
        second = hz * 2 ** (instrument.detune_cents / 1200)
        hz, decays = np.append(hz, second), np.append(decays, 0.35 * decays)
        amplitudes, phases = np.append(amplitudes, 0.3 * amplitudes), np.append(phases, phases)
    if instrument.second_pitch:
        hz, decays = np.append(hz, hz * instrument.second_pitch), np.append(decays, decays)
        amplitudes, phases = np.append(amplitudes, 0.5 * amplitudes), np.append(phases, phases)
    fits = hz < press.limit_hz
    return modes(hz[fits], decays[fits], amplitudes[fits], phases[fits], press.n, press.sample_rate)


def _modulated(press: Press) -> Float[ndarray, " n"]:
    """An electric piano or bell: frequency modulation whose index falls, so that it darkens."""
    instrument, times = press.instrument, press.times
    ratio = modulator_ratio(instrument, press.f0, press.sample_rate)
    # Carson: f (1 + ratio (index + 1)) stays below the limit, or partials would fold back.
    most = max(0.0, (press.limit_hz / press.f0 - 1) / ratio - 1)
    deepest = (1 + 3 * press.loudness) * (1.4 - 0.8 * instrument.darkness)
    index = np.minimum(deepest * np.exp(-times * (1.5 + press.f0 / 300)), most)
    x = fm(press.f0, ratio, press.sampled(index), press.sample_rate)
    if instrument.second_pitch:
        other = press.f0 * instrument.second_pitch
        x += 0.5 * np.sin(2 * np.pi * other / press.sample_rate * np.arange(press.n))
    return x * press.sampled(10 ** (-3 * times / instrument.t60_s))
