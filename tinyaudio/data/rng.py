"""Random numbers that depend on a key alone: the only way in which randomness is derived from a seed.

A data set drawn from one running generator changes wherever its size, its order or the number of
its workers changes.  Here each item has a generator of its own, made from what names the item.

Paper:      Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox).
Implements: `generator`, `Purpose`.
"""

from enum import IntEnum, unique

import numpy as np

from tinyaudio.errors import DataError


@unique
class Purpose(IntEnum):
    """What random numbers are drawn for, so that two data sets with one seed share no numbers.

    The second number of every key; all are listed here, and a value is never used again.
    """

    INSTRUMENT = 0
    ROOM = 1
    NOTE = 2
    NOTE_ITEM = 3
    MELODY = 4
    SENTENCE = 21
    SUNG_MELODY = 22
    SPEAKER = 23
    VOICE = 24
    VOICE_ITEM = 25
    SOUNDFONT_ITEM = 30
    BATCH_ORDER = 31
    FOLDER_CROP = 32
    HELD_OUT_ORDER = 33
    NOTE_CROP = 34
    SPEECH_CROP = 35
    SENTENCE_CROP = 36
    MEL_CROP = 37
    SPEAKER_CROP = 38
    AUGMENTATION = 39
    BACKTRANSLATION = 40
    DOMAIN_CROP = 41
    DETUNE = 42
    DRUM = 43
    SCHEDULE_SEARCH = 44
    UPSAMPLING_CROP = 45
    UPSAMPLING_NOISE = 46


def generator(*key: int) -> np.random.Generator:
    """A generator of random numbers that is a function of its key.

    Args:
        key: Whole numbers >= 0 that name what is drawn: the seed, the `Purpose`, then the item.
            Different keys give independent numbers if all keys of one purpose are equally long
            (to NumPy, zeros at the end of a key make no difference).

    Returns:
        A fresh generator; the same key gives the same numbers on every machine.

    Raises:
        DataError: A number of the key is negative.

    Example:
        >>> float(generator(0, 7).random()) == float(generator(0, 7).random())
        True
        >>> float(generator(0, 7).random()) == float(generator(0, 8).random())
        False
    """
    if any(part < 0 for part in key):
        numbers = ", ".join(str(int(part)) for part in key)
        raise DataError(f"{numbers}: one is negative; seeds and item numbers must be 0 or more")
    return np.random.Generator(
        np.random.Philox(np.random.SeedSequence([int(part) for part in key]))
    )
