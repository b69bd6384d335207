"""Chapter 2, "One sample at a time": a trigram model, smoothed so that it beats the bigram."""

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch
from torch import Generator, Tensor

from tinyaudio.audio import resample
from tinyaudio.data.recorded import recording
from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.language import tr
from tinyaudio.represent import mulaw

K = 64


def _speech(name: str) -> Tensor:
    clip = recording(name)
    return mulaw.encode(resample(clip.audio, clip.sample_rate, 8_000)[0], K)


def _counts(y: Tensor, n: int) -> Tensor:
    """How often each sequence of n codes occurs."""
    powers = K ** torch.arange(n - 1, -1, -1)
    return (y.unfold(0, n, 1) * powers).sum(1).bincount(minlength=K**n).view(n * [K]).float()


def _normalized(counts: Tensor, axis: int = -1) -> Tensor:
    return counts / counts.sum(axis, keepdim=True)


def _bigram(y: Tensor) -> Tensor:
    return _normalized(_counts(y, 2) + 1)


def _right(y: Tensor, n_levels: int) -> Tensor:
    return _normalized(_counts(y, 3) + 32 * _bigram(y))


@functools.cache
def _recordings() -> tuple[Tensor, Tensor, float]:
    """Training codes, held-out codes, and the bits of a bigram on the latter."""
    training = torch.cat([_speech("speech-it-vm-intro"), _speech("speech-it-demo-thanks")])
    held_out = _speech("speech-it-queue-youarenext")
    return training, held_out, _bits(_bigram(training).expand(K, K, K), held_out)


def _bits(p: Tensor, codes: Tensor) -> float:
    return -p[codes[:-2], codes[1:-1], codes[2:]].log2().mean().item()


def _cases(generator: Generator) -> list[Case]:
    return [(_recordings()[0], K)]


RIGHT = 0
SHAPE, LOGARITHMS, NAN, NEGATIVE, AXIS, UNNORMALIZED, INFINITE = range(1, 8)
SWAPPED, BIGRAM, UNIFORM, FLAT, NOT_THE_LAST, WORSE = range(8, 14)


def _outcome(answer: Answer) -> Answer:
    """What becomes of the answer's distributions on the held-out recording."""

    @functools.wraps(answer)
    def outcome(y: Tensor, n_levels: int) -> Any:
        p = as_tensor(answer(y, n_levels))
        return None if p is None else _judged(p)

    return outcome


def _judged(p: Tensor) -> int:
    _, held_out, limit = _recordings()
    if p.shape != (K, K, K):
        return SHAPE
    if p.isnan().any():
        return NAN
    if (p < 0).any():
        return LOGARITHMS if (p <= 0).all() else NEGATIVE
    if not _adds_up(p, 2):
        return AXIS if _adds_up(p, 0) or _adds_up(p, 1) else UNNORMALIZED
    bits = _bits(p.double(), held_out)
    if bits < limit - 1e-4:
        return RIGHT
    if bits == float("inf"):
        return INFINITE
    if _bits(p.transpose(0, 1).double(), held_out) < limit - 1e-4:
        return SWAPPED
    return BIGRAM if abs(bits - limit) < 1e-4 else _why_worse(p)


def _why_worse(p: Tensor) -> int:
    """What the distributions are like after pairs that training never had."""
    if (p - 1 / K).abs().max() < 1e-5:
        return UNIFORM
    unseen = _counts(_recordings()[0], 2) == 0
    if (p[unseen] - 1 / K).abs().max() < 1e-5:
        return FLAT
    lowest = torch.where(unseen[..., None], p, torch.inf).amin(1)
    highest = torch.where(unseen[..., None], p, -torch.inf).amax(1)
    return NOT_THE_LAST if (highest - lowest).max() < 1e-5 else WORSE


def _adds_up(p: Tensor, axis: int) -> bool:
    return bool((p.double().sum(axis) - 1).abs().max() < 1e-3)


def _measured(p: Tensor) -> str:
    """What was measured of wrong distributions, as one more sentence."""
    kind = _judged(p)
    if kind == SHAPE:
        return tr(f" 나온 모양: {tuple(p.shape)}.", f" It is {tuple(p.shape)}.")
    if kind == UNNORMALIZED:
        low, high = (one.item() for one in p.double().sum(2).aminmax())
        return tr(
            f" 합은 {low:.3g}에서 {high:.3g}까지입니다.",
            f" The sums go from {low:.3g} to {high:.3g}.",
        )
    if kind < SWAPPED:
        return ""
    _, held_out, limit = _recordings()
    bits = _bits(p.double(), held_out)
    return tr(
        f" 처음 듣는 녹음에서 {bits:.2f}비트, 바이그램은 {limit:.2f}비트입니다.",
        f" On the held-out recording {bits:.2f} bits, the bigram {limit:.2f}.",
    )


TRIGRAM = Exercise(
    right=_right,
    cases=_cases,
    run=_outcome,
    mistakes=(
        Mistake(
            lambda y, n_levels: _bigram(y),
            "모양이 (K, K, K)이어야 합니다. 축은 차례로 두 샘플 앞, 바로 앞, 다음 샘플입니다.",
            "The shape should be (K, K, K), of the sample before the last, the last, and the next.",
        ),
        Mistake(
            lambda y, n_levels: _right(y, n_levels).log(),
            "로그 확률입니다. 확률을 돌려주십시오.",
            "Those are logarithms; return probabilities.",
        ),
        Mistake(
            lambda y, n_levels: _normalized(_counts(y, 3)),
            "NaN이 있습니다. 한 번도 나오지 않은 두 샘플 뒤에서 0을 0으로 나누지 않았습니까?",
            "There are NaN values; after pairs that never occurred, is 0 divided by 0?",
        ),
        Mistake(
            lambda y, n_levels: 1.5 * _right(y, n_levels) - 0.5 / K,
            "음의 확률이 있습니다.",
            "There are negative probabilities.",
        ),
        Mistake(
            lambda y, n_levels: _normalized(_counts(y, 3) + 1, axis=0),
            "다른 축에서 정규화했습니다. 다음 샘플은 마지막 축이므로 p[a, b]의 합이 1이어야 합니다.",
            "Normalized over another axis; the next sample is the last one, so p[a, b] should add up to 1.",
        ),
        Mistake(
            lambda y, n_levels: (_counts(y, 3) + 1) / len(y),
            "합이 1이 아닌 p[a, b]가 있습니다. 센 수를 마지막 축의 합으로, 정수가 아니라 실수로 나누십시오.",
            "Not every p[a, b] adds up to 1: divide counts by their sum over the last axis, in floating point.",
        ),
        Mistake(
            lambda y, n_levels: _normalized(_counts(y, 3) + 1e-30 * torch.eye(K)),
            "처음 듣는 녹음에 나오는 세 샘플에 확률 0을 주어 비트가 무한대입니다. 확률이 0인 값이 없도록 "
            "평활하십시오.",
            "Three samples of the held-out recording get probability 0, and infinitely many bits: smooth, so "
            "that no probability is 0.",
        ),
        Mistake(
            lambda y, n_levels: _right(y, n_levels).transpose(0, 1),
            "과거 두 샘플의 순서가 바뀌었습니다. p[a, b]에서 b가 바로 앞의 샘플입니다.",
            "The two past samples have changed places: in p[a, b], b is the last one.",
        ),
        Mistake(
            lambda y, n_levels: _bigram(y).expand(K, K, K),
            "바이그램 그대로입니다. 두 샘플 앞도 보십시오.",
            "That is the bigram itself; look at the sample before the last, too.",
        ),
        Mistake(
            lambda y, n_levels: torch.full((K, K, K), 1 / K),
            "모든 p[a, b]가 균등 분포입니다. 무엇이 뒤따르는지 세어, 자주 나온 값에 확률을 더 주십시오.",
            "Every p[a, b] is uniform: count what follows, and make likelier what is frequent.",
        ),
        Mistake(
            lambda y, n_levels: _normalized(_counts(y, 3) + 1),
            "바이그램보다 낫지 않습니다. 학습 데이터에 나오지 않은 두 샘플 뒤에서 p[a, b]가 균등 분포입니다. "
            "드문 두 샘플 뒤에서는 바이그램에 기대십시오.",
            "No better than the bigram: after pairs that training never had, p[a, b] is uniform. After rare "
            "pairs, rely on the bigram.",
        ),
        Mistake(
            lambda y, n_levels: _normalized(_counts(y, 3) + 32 * _bigram(y)[:, None]),
            "바이그램보다 낫지 않습니다. 학습 데이터에 나오지 않은 두 샘플 뒤에서 p[a, b]가 바로 앞의 샘플 b에 "
            "따라 달라지지 않습니다. 거기서는 b 뒤의 바이그램에 기대십시오.",
            "No better than the bigram: after pairs that training never had, p[a, b] does not depend on b, the "
            "last sample. Rely on the bigram after b there.",
        ),
        Mistake(
            lambda y, n_levels: _normalized(_counts(y, 3) + _bigram(y)),
            "분포이기는 하지만 학습하지 않은 녹음에서 바이그램보다 낫지 않습니다. 드문 두 샘플 뒤에서는 "
            "바이그램을 더 믿으십시오.",
            "Proper distributions, but no better than a bigram on the held-out recording: "
            "after rare pairs, rely on the bigram.",
        ),
    ),
    hint=(
        "세 샘플씩 센 수에 바이그램 확률의 32배를 더하고 정규화해 보십시오.",
        "Try counts of three plus 32 times the bigram's probability, normalized.",
    ),
)  # fmt: skip


def check_trigram(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 2.6: a distribution of the next sample given two, counted from a recording.

    Any distribution passes that needs fewer bits than a bigram on a recording it was not counted from.

    Args:
        answer: (y, n_levels), the training codes (T,) -> p of shape (K, K, K), p[a, b] the
            distribution of what follows a, b.

    Example:
        >>> check_trigram(lambda y, n_levels: torch.full((n_levels,) * 3, 1 / n_levels))
        ✘ Every p[a, b] is uniform: ... On the held-out recording 6.00 bits, the bigram 4.18.
    """
    result = TRIGRAM.check(answer)
    p = as_tensor(answer(_recordings()[0].clone(), K)) if result.mistake else None
    return result if p is None else replace(result, message=result.message + _measured(p))
