r"""Which of two systems listeners prefer, and whether chance would do as well.

    p = \min(1, 2 \sum_{k = \max(w, n - w)}^{n} \binom{n}{k} 2^{-n})

If both systems are alike, each of n choices is the toss of a coin, so that the number of wins w is binomial.
p is the probability of a count at least as far from n / 2, on either side: the exact two-sided sign test.

Paper:      Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019 (arXiv:1902.08710), section 4.1,
            for pairs of notes of which one is preferred.
Implements: `sign_test`; `read_choices`, which adds up the files that `tinyaudio.show.preference` makes.
Differs:    One of two is chosen, where the paper has five levels from one to the other.
See:        chapter 17, "How good is it".
"""

import json
import math
from collections import Counter
from pathlib import Path

from tinyaudio.errors import UserError


def sign_test(wins: int, n: int) -> float:
    """The exact two-sided probability, by chance, of a count at least as uneven.

    Args:
        wins: How often one of the two was chosen.
        n: How many choices there were.

    Returns:
        From 2^(1 - n), when all agree, to 1.

    Raises:
        UserError: There are no choices, or more wins than choices.

    Example:
        >>> sign_test(8, 8), sign_test(4, 8)
        (0.0078125, 1.0)
    """
    if not 0 <= wins <= n or n == 0:
        raise UserError(f"{wins} wins in {n} choices; give at least one choice, and 0 to n wins")
    tail = sum(math.comb(n, k) for k in range(max(wins, n - wins), n + 1))
    return float(min(1, 2 * tail / 2**n))


def read_choices(*files: Path) -> Counter[str]:
    """How often each system was chosen, in the files of one listener or several.

    Args:
        files: As the page of `tinyaudio.show.preference` offers them: JSON with ``systems``, two names, and
            ``chosen``, one of these for each pair.

    Raises:
        UserError: A file cannot be read, or is of other systems than the first.

    Example:
        >>> import tempfile
        >>> file = Path(tempfile.mkdtemp(), "choices.json")
        >>> _ = file.write_text('{"systems": ["A", "B"], "chosen": ["A", "B", "A"]}')
        >>> read_choices(file, file)["A"]
        4
    """
    wins: Counter[str] = Counter()
    systems: list[str] = []
    for file in files:
        try:
            found = json.loads(file.read_text(encoding="utf-8"))
            these, chosen = list(map(str, found["systems"])), list(map(str, found["chosen"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{file}: not a file of choices ({error}); finish the trial and save it"
            ) from None
        systems = systems or these
        if these != systems or not set(chosen) <= set(systems):
            raise UserError(f"{file}: choices between other systems than {' and '.join(systems)}")
        wins.update(dict.fromkeys(systems, 0))
        wins.update(chosen)
    return wins
