"""Chapter 25, "Your own sound": how many steps it takes to see every recording once."""

from collections.abc import Callable
from math import ceil

import torch
from torch import Generator

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _cases(generator: Generator) -> list[Case]:
    """Long and short recordings whose ends are lost; crops that do not fill the last batch."""
    cases = []
    for n_samples, batch_size in ((100, 4), (250, 5), (64, 3)):
        ends = torch.randint(n_samples // 2, n_samples, (20,), generator=generator)
        wholes = torch.randint(1, 7, (20,), generator=generator)
        lengths = [int(end + n_samples * whole) for end, whole in zip(ends, wholes, strict=True)]
        lengths += torch.randint(1, n_samples, (6,), generator=generator).tolist()
        if sum(max(1, one // n_samples) for one in lengths) % batch_size == 0:
            lengths.append(n_samples)
        cases.append((lengths, n_samples, batch_size))
    return cases


def _with(crops: Callable[[int, int], int]) -> Answer:
    """The crops of a recording may be counted otherwise."""
    return lambda lengths, n_samples, batch_size: ceil(
        sum(crops(one, n_samples) for one in lengths) / batch_size
    )


_right = _with(lambda length, n: max(1, length // n))

STEPS = Exercise(
    right=_right,
    cases=_cases,
    mistakes=(
        Mistake(
            lambda lengths, n, batch: ceil(sum(lengths) // n / batch),
            "모든 녹음을 이어 붙여 잘랐습니다. 크롭은 두 녹음에 걸치지 않습니다. 녹음마다 따로 세십시오.",
            "That cuts all recordings joined into one; no crop goes from one recording to the next, so count "
            "in each.",
        ),
        Mistake(
            _with(lambda length, n: ceil(length / n)),
            "끝의 모자라는 조각까지 세었습니다. 크롭보다 긴 녹음에서는 온전한 크롭만 셉니다.",
            "That counts the piece that is left at the end; of a recording longer than a crop only whole "
            "crops count.",
        ),
        Mistake(
            _with(lambda length, n: length // n),
            "크롭보다 짧은 녹음이 빠졌습니다. 0을 채워 크롭 하나가 됩니다.",
            "Recordings shorter than a crop are missing; filled up with zeros, each makes one.",
        ),
        Mistake(
            lambda lengths, n, batch: sum(max(1, one // n) for one in lengths) // batch,
            "마지막의 덜 찬 배치가 빠졌습니다. 올림하십시오.",
            "The last batch, which is not full, is missing; round up.",
        ),
        Mistake(
            lambda lengths, n, batch: sum(max(1, one // n) for one in lengths),
            "크롭의 수입니다. 한 스텝은 batch_size개를 봅니다.",
            "That is the number of crops; a step sees batch_size of them.",
        ),
        Mistake(
            lambda lengths, n, batch: sum(ceil(max(1, one // n) / batch) for one in lengths),
            "녹음마다 배치를 따로 채웠습니다. 크롭을 모두 더한 다음 나누십시오.",
            "You filled batches from each recording on its own; add up all crops, then divide.",
        ),
        Mistake(
            lambda lengths, n, batch: ceil(len(lengths) / batch),
            "녹음의 수로 셌습니다. 긴 녹음에는 크롭이 여럿 있습니다.",
            "That counts recordings; a long one has several crops.",
        ),
    ),
    hint=(
        "녹음마다 max(1, 길이 // n_samples)개이고, 합을 batch_size로 나누어 올림합니다.",
        "A recording has max(1, length // n_samples) crops; divide their sum by batch_size, rounded up.",
    ),
)


def check_steps(answer: Callable[[list[int], int, int], int]) -> CheckResult:
    """Exercise 25.3: the steps of one pass over the recordings.

    Args:
        answer: lengths of the recordings, n_samples of a crop, both in samples, batch_size -> steps.

    Example:
        >>> check_steps(lambda lengths, n_samples, batch_size: -(-len(lengths) // batch_size))
        ✘ That counts recordings; a long one has several crops.
    """
    return STEPS.check(answer)
