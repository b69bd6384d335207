"""Resonances that are the same for every note: of a wooden body, or of a mouth.

Paper:      Peterson & Barney 1952, "Control methods used in a study of the vowels" (formants).
Implements: `Body`, `draw_body`.
Differs:    from resonators in shape: each is a Gaussian over octaves, which needs no tuning.
See:        chapter 1, "Sound into numbers".
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy import ndarray

# The first three formants of ten American vowels, men's means, in Hz (Peterson & Barney 1952).
VOWELS = (
    (270, 2290, 3010),
    (390, 1990, 2550),
    (530, 1840, 2480),
    (660, 1720, 2410),
    (730, 1090, 2440),
    (570, 840, 2410),
    (440, 1020, 2240),
    (300, 870, 2240),
    (640, 1190, 2390),
    (490, 1350, 1690),
)


@dataclass(frozen=True)
class Body:
    """Peaks and dips of the spectrum.

    Attributes:
        hz: Centre frequency of each, in Hz.
        db: Height of each in dB; negative is a dip.
        octaves: Standard deviation of each, in octaves.
    """

    hz: tuple[float, ...]
    db: tuple[float, ...]
    octaves: tuple[float, ...]

    def gain(self, frequencies_hz: Float[ndarray, " k"]) -> Float[ndarray, " k"]:
        """The factor on the amplitudes of partials at these frequencies.

        Example:
            >>> Body(hz=(400.0,), db=(20.0,), octaves=(0.3,)).gain(np.array([400.0]))
            array([10.])
        """
        distance = np.log2(np.maximum(frequencies_hz, 1.0)[:, None] / np.array(self.hz))
        db = np.array(self.db) * np.exp(-0.5 * (distance / np.array(self.octaves)) ** 2)
        return 10 ** (db.sum(axis=1) / 20)


def draw_body(family: str, draws: np.random.Generator) -> Body:
    """Four random peaks or dips, or the formants of a vowel in a vocal tract of random length.

    Args:
        family: "vocal" has formants, all others have peaks and dips.
        draws: Decides the body.

    Returns:
        The body.

    Example:
        >>> len(draw_body("vocal", np.random.default_rng(0)).hz)
        3
    """
    if family == "vocal":
        formants = VOWELS[int(draws.integers(len(VOWELS)))]
        scale = draws.uniform(0.97, 1.36)  # a man's vocal tract is 17.5 cm long, a child's 12.5
        return Body(
            tuple(float(scale * hz) for hz in formants), (22.0, 20.0, 16.0), (0.25, 0.15, 0.12)
        )
    hz = np.exp(draws.uniform(np.log(250), np.log(4500), 4))
    db, octaves = draws.uniform(-9, 9, 4), draws.uniform(0.25, 0.9, 4)
    return Body(tuple(hz.tolist()), tuple(db.tolist()), tuple(octaves.tolist()))
