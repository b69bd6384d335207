"""Speakers: the parameters of one person's voice.

Paper:      Klatt & Klatt 1990, "Analysis, synthesis, and perception of voice quality variations among
            female and male talkers" (open quotient, tilt, breath); Fant 1960, "Acoustic Theory of
            Speech Production" (formants go as one over the length of the vocal tract); Sundberg
            1987, "The Science of the Singing Voice" (vibrato, the singer's formant).
Implements: `Speaker`, `speaker`.
Differs:    women and children are shorter tubes with a man's vowels, each formant moved a little at
            random, where real ones also differ in shape (Hillenbrand et al. 1995).
"""

import math
from dataclasses import dataclass, field

from tinyaudio.data.rng import Purpose, generator
from tinyaudio.data.speech.content import PHONES, RESONANT
from tinyaudio.errors import DataError

REFERENCE_CM = 17.0  # the tube that fits the men's formants in `PHONES`
KINDS = ("man", "woman", "man", "woman", "child")

MIDDLE_HZ = 150.0  # between men and women; pitch is measured in octaves from it
F0_HZ = {"man": (90.0, 150.0), "woman": (170.0, 250.0), "child": (240.0, 330.0)}
TRACT_CM = {"man": (16.0, 18.2), "woman": (13.6, 15.4), "child": (11.5, 13.2)}
FORMANT_SIGMA = (
    0.035  # standard deviation of a person's formants from the scaled means, as a fraction
)


@dataclass(frozen=True)
class Speaker:
    """The parameters of one voice.

    Attributes:
        index: Number of the speaker.
        kind: "man", "woman" or "child".
        f0_hz: Middle of the spoken pitch.
        f0_range_semitones: Change of the pitch by an accent of 1.
        tract_cm: Length of the vocal tract.
        formant_scales: This person's formants relative to the scaled means, phone by phone.
        open_quotient: Fraction of a glottal cycle in which the glottis is open.
        tilt_hz: Frequency above which the source falls by another 6 dB per octave.
        jitter: Standard deviation of a cycle's length, as a fraction of it.
        shimmer: Standard deviation of a cycle's amplitude, as a fraction of it.
        breath: Amplitude of the aspiration while voiced.
        friction_scale: Factor on the peak frequencies of friction noise.
        shelf_db: Gain of the band above 10 kHz.
        vibrato_hz: Rate of the vibrato in singing.
        vibrato_semitones: Its depth, to either side.
        singer_formant_hz: Frequency of the singer's formant.
        singer_formant_db: Its height.
    """

    index: int
    kind: str
    f0_hz: float
    f0_range_semitones: float
    tract_cm: float
    formant_scales: tuple[tuple[float, float, float, float], ...] = field(repr=False)
    open_quotient: float
    tilt_hz: float
    jitter: float
    shimmer: float
    breath: float
    friction_scale: float
    shelf_db: float
    vibrato_hz: float
    vibrato_semitones: float
    singer_formant_hz: float
    singer_formant_db: float

    def formants_hz(self, phone: str) -> tuple[float, float, float, float]:
        """This speaker's four formants in a vowel or a nasal: the reference for a formant tracker.

        Args:
            phone: One of `RESONANT`.

        Returns:
            F1 to F4, in Hz.

        Raises:
            DataError: The phone has no formants of its own.

        Example:
            >>> [round(hz) for hz in speaker(0).formants_hz("aa")]
            [694, 1254, 2246, 3483]
        """
        mean = PHONES[phone].formants_hz if phone in PHONES else None
        if mean is None:
            raise DataError(
                f"phone {phone!r} has no formants of its own; these do: {', '.join(RESONANT)}"
            )
        shorter = REFERENCE_CM / self.tract_cm
        scales = self.formant_scales[RESONANT.index(phone)]
        f1, f2, f3, f4 = (hz * shorter * scale for hz, scale in zip(mean, scales, strict=True))
        return f1, f2, f3, f4


def speaker(index: int, *, seed: int = 0) -> Speaker:
    """A speaker; a function of its arguments alone.

    Args:
        index: Number of the speaker, 0 or more. Of ten in a row four are men, four women, two children.
        seed: Another seed gives other speakers.

    Returns:
        The speaker.

    Raises:
        DataError: A number is negative.

    Example:
        >>> speaker(0).kind, speaker(1).kind, speaker(4).kind
        ('man', 'woman', 'child')
    """
    draws = generator(seed, Purpose.SPEAKER, index)
    # Shifted by one every ten, so that splits by the last digit hold every kind.
    kind = KINDS[(index + index // 10) % len(KINDS)]

    def between(low: float, high: float) -> float:
        return float(draws.uniform(low, high))

    scales = 1 + FORMANT_SIGMA * draws.standard_normal((len(RESONANT), 4))
    return Speaker(
        index=index,
        kind=kind,
        f0_hz=between(*F0_HZ[kind]),
        f0_range_semitones=between(1.0, 2.5),
        tract_cm=between(*TRACT_CM[kind]),
        formant_scales=tuple((row[0], row[1], row[2], row[3]) for row in scales.tolist()),
        open_quotient=between(0.5, 0.75),
        tilt_hz=between(1500.0, 5000.0),
        jitter=between(0.002, 0.008),
        shimmer=between(0.01, 0.05),
        breath=math.exp(between(math.log(0.008), math.log(0.04))),
        friction_scale=between(0.85, 1.15),
        shelf_db=4.0 * float(draws.standard_normal()),
        vibrato_hz=between(5.0, 6.8),
        vibrato_semitones=between(0.3, 0.9),
        singer_formant_hz=between(2700.0, 3300.0),
        singer_formant_db=between(0.0, 8.0),
    )
