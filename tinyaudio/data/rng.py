"""Random numbers that depend on a key alone.

A data set drawn from one running generator changes wherever its size, its order or the number of
its workers changes.  Here each item has a generator of its own, made from what names the item.

Paper:      Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3" (Philox).
Implements: `generator`.
"""

import numpy as np

from tinyaudio.errors import DataError


def generator(*key: int) -> np.random.Generator:
    """A generator of random numbers that is a function of its key.

    Args:
        key: Whole numbers >= 0 that name what is drawn: the seed, a number for the purpose, the
            item. Different keys give independent numbers.

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
        raise DataError(
            f"the key {key} has a negative number; seeds and item numbers must be 0 or more"
        )
    return np.random.Generator(
        np.random.Philox(np.random.SeedSequence([int(part) for part in key]))
    )
