"""The time-varying filter of one speaker's vocal tract, from the glottis and the mouth to the lips.

Paper:      Fant 1960, "Acoustic Theory of Speech Production"; Sundberg 1974, "Articulatory
            interpretation of the 'singing formant'".
Implements: `filter_frames`.
Differs:    from Klatt's synthesizer, which ends at 5 kHz: all resonances above the fourth in closed
            form; and for each phone a random gain above 4 kHz, without which the high band would be
            a function of the low one.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Complex, Float, Int
from scipy.fft import rfft

from tinyaudio.data.speech import vocal_tract
from tinyaudio.data.speech.articulation import CONTROL_S, Plan, smooth
from tinyaudio.data.speech.content import PHONES, Content
from tinyaudio.data.speech.speakers import REFERENCE_CM, Speaker
from tinyaudio.data.speech.vocal_tract import BANDWIDTHS_HZ, resonators

BLOCK = 16  # frames computed at a time: what fits in a core's cache
FRICTION_GAIN = 0.25  # relative to a vowel's pulses
FRICTION_EXPONENT = 0.6  # the cavity in front of the teeth shrinks less than the tract
SINGER_FORMANT_WIDTH_HZ = 300.0
DETAIL_HZ = np.concatenate([[0.0, 4000.0], np.geomspace(6000.0, 48_000.0, 8)])
DETAIL_SIGMA_DB, DETAIL_S = 4.0, 0.02


def _detail_db(
    talker: Speaker, phone: Int[np.ndarray, " steps"], draws: np.random.Generator
) -> Float[np.ndarray, "steps knots"]:
    """Gain at `DETAIL_HZ`, random for each phone and independent of the low band."""
    onset = np.clip((DETAIL_HZ - 4000.0) / 6000.0, 0, 1)
    detail_db = DETAIL_SIGMA_DB * draws.standard_normal((int(phone[-1]) + 1, len(DETAIL_HZ)))
    return smooth(((detail_db + talker.shelf_db) * onset)[phone], DETAIL_S)


def _fixed_tract_gain(
    talker: Speaker, content: Content, f_hz: Float[np.ndarray, " freq"]
) -> Complex[np.ndarray, " freq"]:
    """The part of the tract that is constant: the tube above F4; in singing, also the singer's formant."""
    tail = vocal_tract.tube_tail(f_hz, talker.tract_cm)
    if not content.sung:
        return tail
    bump = np.exp(-0.5 * ((f_hz - talker.singer_formant_hz) / SINGER_FORMANT_WIDTH_HZ) ** 2)
    return tail * (1 + (10 ** (talker.singer_formant_db / 20) - 1) * bump)


def _friction_gains(
    talker: Speaker, content: Content, f_hz: Float[np.ndarray, " freq"]
) -> Float[np.ndarray, "phones freq"]:
    """Gain from a constriction in the mouth to the lips, for each phone of the content."""
    gains = np.zeros((len(content.phones), len(f_hz)))
    shorter = (REFERENCE_CM / talker.tract_cm) ** FRICTION_EXPONENT
    for j in range(len(gains)):
        for neighbour in (j, j - 1, j + 1):  # noise begins before its phone and ends after it
            name = content.phones[neighbour] if 0 <= neighbour < len(gains) else "sil"
            if PHONES[name].friction:
                gains[j] = FRICTION_GAIN * vocal_tract.friction_gain(
                    f_hz,
                    PHONES[name].peak_hz * talker.friction_scale * shorter,
                    PHONES[name].low_skirt_db,
                    PHONES[name].high_skirt_db,
                    talker.tract_cm,
                )
                break
    return gains


def filter_frames(
    talker: Speaker,
    content: Content,
    planned: Plan,
    sources: tuple[Float[np.ndarray, "frames window"], Float[np.ndarray, "frames window"]],
    sample_rate: int,
    draws: np.random.Generator,
) -> Iterator[Complex[np.ndarray, "frames freq"]]:
    """Filter the frames of both sources and add them, a few frames at a time.

    Args:
        talker: The speaker.
        content: The sentence or melody.
        planned: Its articulation; see `plan`.
        sources: Frames of the sound at the glottis and of the noise in the mouth.
        sample_rate: In Hz.
        draws: Decides the random gains of the high band.

    Yields:
        Spectra of `BLOCK` frames in order, for `vocal_tract.overlap_add`.

    Example:
        >>> from tinyaudio.data.speech.articulation import plan
        >>> from tinyaudio.data.speech.speakers import speaker
        >>> talker, vowel = speaker(0), Content(0, ("aa",), (0.15,), accents=(0.0,))
        >>> planned = plan(talker, vowel)
        >>> frames, draws = np.zeros((21, 160)), np.random.default_rng(0)
        >>> [len(s) for s in filter_frames(talker, vowel, planned, (frames, frames), 8000, draws)]
        [16, 5]
    """
    at_glottis, at_mouth = sources
    hop = at_glottis.shape[1] // 2
    size = vocal_tract.n_fft(hop)
    f_hz = np.fft.rfftfreq(size, 1 / sample_rate)
    step = np.rint(np.arange(len(at_glottis)) * hop / sample_rate / CONTROL_S).astype(int)
    step = step.clip(max=len(planned.times_s) - 1)
    widths_hz = np.array(BANDWIDTHS_HZ) * np.sqrt(REFERENCE_CM / talker.tract_cm)
    tail = _fixed_tract_gain(talker, content, f_hz)
    friction = _friction_gains(talker, content, f_hz)
    detail_db = _detail_db(talker, planned.phone, draws)
    for first in range(0, len(step), BLOCK):
        part, now = slice(first, first + BLOCK), step[first : first + BLOCK]
        formants_hz = planned.formants_hz[now]
        moving = resonators(f_hz, formants_hz, np.broadcast_to(widths_hz, formants_hz.shape))
        spectra = rfft(at_glottis[part], size) * moving * tail
        if at_mouth[part].any():
            spectra += rfft(at_mouth[part], size) * friction[planned.phone[now]]
        curves_db = np.stack([np.interp(f_hz, DETAIL_HZ, knots) for knots in detail_db[now]])
        yield spectra * np.exp(curves_db * (np.log(10) / 20))
