"""Articulation: from phones with durations to smooth tracks of formants, noise and pitch.

Paper:      Klatt 1980, "Software for a cascade/parallel formant synthesizer" (control tracks in steps
            of 5 ms); Sundberg 1987, "The Science of the Singing Voice" (vibrato that sets in late).
Implements: `plan`, `pitch_hz`, `smooth`.
Differs:    transitions are equally long for every pair of phones; real tongues are slower than lips.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import convolve1d

from tinyaudio.data.speech.content import PHONES, Content
from tinyaudio.data.speech.speakers import Speaker

CONTROL_S = 0.005  # articulation is planned in steps of it
CLOSING_S = 0.05  # of silence, at the end
FORMANT_S, VOICING_S, FRICTION_S = 0.03, 0.01, 0.005  # half the length of a transition
ACCENT_S, PORTAMENTO_S = 0.05, 0.04
DECLINATION = 3.0  # semitones by which the pitch of a sentence falls from its start to its end
VIBRATO_DELAY_S, VIBRATO_RISE_S = 0.15, 0.2


@dataclass(frozen=True)
class Plan:
    """The articulation over time, in steps of `CONTROL_S`.

    Attributes:
        times_s: The time of each step.
        phone: Index of the phone in the content.
        since_s: Time since the start of that phone.
        formants_hz: The four formants.
        voicing: Amplitude of the glottal pulses.
        aspiration: Amplitude of noise at the glottis.
        friction: Amplitude of noise in the mouth.
    """

    times_s: Float[np.ndarray, " steps"]
    phone: Int[np.ndarray, " steps"]
    since_s: Float[np.ndarray, " steps"]
    formants_hz: Float[np.ndarray, "steps formants"]
    voicing: Float[np.ndarray, " steps"]
    aspiration: Float[np.ndarray, " steps"]
    friction: Float[np.ndarray, " steps"]


def smooth(
    track: Float[np.ndarray, "steps *rest"], seconds: float
) -> Float[np.ndarray, "steps *rest"]:
    """Smooth the steps of a track into transitions; its ends are extended as constants.

    Args:
        track: Values in steps of `CONTROL_S`; the first axis is time.
        seconds: Half the length of a transition.

    Returns:
        The smooth track.

    Example:
        >>> smooth(np.array([0.0, 0.0, 1.0, 1.0]), 0.005).round(2).tolist()
        [0.0, 0.25, 0.75, 1.0]
    """
    half = round(seconds / CONTROL_S)
    kernel = np.hanning(2 * half + 3)
    return np.asarray(convolve1d(track, kernel / kernel.sum(), axis=0, mode="nearest"))


def _formant_targets(talker: Speaker, content: Content) -> Float[np.ndarray, "phones formants"]:
    """Each phone's formants; a phone without its own anticipates the next that has some."""
    own = [
        talker.formants_hz(name) if PHONES[name].formants_hz else None for name in content.phones
    ]
    given = [k for k, formants in enumerate(own) if formants]
    if not given:
        return np.tile(np.array(talker.formants_hz("ah")), (len(own), 1))
    following = [next((k for k in given if k >= j), given[-1]) for j in range(len(own))]
    return np.array([own[k] for k in following], dtype=float)


def plan(talker: Speaker, content: Content) -> Plan:
    """Set a target for each phone, with smooth transitions from one to the next.

    Args:
        talker: Decides the formants, never the timing.
        content: The phones and their durations.

    Returns:
        The tracks, up to `CLOSING_S` beyond the last phone.

    Example:
        >>> from tinyaudio.data.speech.speakers import speaker
        >>> content = Content(0, ("s", "aa"), (0.1, 0.1), accents=(0.0,))
        >>> plan(speaker(0), content).voicing[[5, 30]].tolist()
        [0.0, 1.0]
    """
    edges = np.concatenate([[0.0], np.cumsum(content.durations_s)])
    times = np.arange(int((edges[-1] + CLOSING_S) / CONTROL_S) + 2) * CONTROL_S
    phone = np.clip(np.searchsorted(edges, times, side="right") - 1, 0, len(content.phones) - 1)
    sounding = (times > 0) & (times < edges[-1])

    def level(name: str, transition_s: float) -> Float[np.ndarray, " steps"]:
        targets = np.array([getattr(PHONES[p], name) for p in content.phones])
        return smooth(targets[phone] * sounding, transition_s)

    return Plan(
        times_s=times,
        phone=phone,
        since_s=times - edges[phone],
        formants_hz=smooth(_formant_targets(talker, content)[phone], FORMANT_S),
        voicing=level("voicing", VOICING_S),
        aspiration=level("aspiration", VOICING_S),
        friction=level("friction", FRICTION_S),
    )


def _spoken_semitones(talker: Speaker, content: Content, plan: Plan) -> Float[np.ndarray, " steps"]:
    """Accents on a falling line, relative to the speaker's middle pitch."""
    progress = plan.times_s / plan.times_s[-1]
    places = np.linspace(0, 1, len(content.accents))
    accents = smooth(np.interp(progress, places, np.array(content.accents)), ACCENT_S)
    return accents * talker.f0_range_semitones + DECLINATION * (0.5 - progress)


def _sung_semitones(talker: Speaker, content: Content, plan: Plan) -> Float[np.ndarray, " steps"]:
    """The melody, sliding from note to note, with vibrato; relative to A4."""
    notes = smooth(np.array(content.pitches)[plan.phone] - 69.0, PORTAMENTO_S)
    depth = np.clip((plan.since_s - VIBRATO_DELAY_S) / VIBRATO_RISE_S, 0, 1)
    wave = np.sin(2 * np.pi * talker.vibrato_hz * plan.times_s)
    return notes + talker.vibrato_semitones * depth * wave


def pitch_hz(
    talker: Speaker, content: Content, plan: Plan, transpose: float | int
) -> Float[np.ndarray, " steps"]:
    """The pitch, spoken or sung.

    Args:
        talker: The speaker.
        content: The sentence or melody.
        plan: See `plan`.
        transpose: In semitones.

    Returns:
        The pitch in Hz, also where nothing is voiced.

    Example:
        >>> from tinyaudio.data.speech.speakers import speaker
        >>> sung = Content(0, ("aa",), (0.1,), pitches=(69.0,))
        >>> pitch_hz(speaker(0), sung, plan(speaker(0), sung), -12.0)[:3].tolist()
        [220.0, 220.0, 220.0]
    """
    if content.sung:
        return 440.0 * 2 ** ((_sung_semitones(talker, content, plan) + transpose) / 12)
    return talker.f0_hz * 2 ** ((_spoken_semitones(talker, content, plan) + transpose) / 12)
