"""Chapter 2, "One sample at a time": a trigram model, smoothed so that it beats the bigram."""

import functools
from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor

from tinyaudio.audio import resample
from tinyaudio.data.recorded import recording
from tinyaudio.exercises.check_result import CheckResult, Mistake, as_tensor
from tinyaudio.exercises.exercise import Answer, Case, Exercise
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
SHAPE, LOGARITHMS, NAN, NEGATIVE, AXIS, UNNORMALIZED, INFINITE, SWAPPED, BIGRAM, WORSE = range(
    1, 11
)


def _outcome(answer: Answer) -> Answer:
    """What becomes of the answer's distributions on the held-out recording."""

    @functools.wraps(answer)
    def outcome(y: Tensor, n_levels: int) -> Any:
        _, held_out, limit = _recordings()
        p = as_tensor(answer(y, n_levels))
        if p is None:
            return None
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
        return BIGRAM if abs(bits - limit) < 1e-4 else WORSE

    return outcome


def _adds_up(p: Tensor, axis: int) -> bool:
    return bool((p.double().sum(axis) - 1).abs().max() < 1e-3)


TRIGRAM = Exercise(
    right=_right,
    cases=_cases,
    run=_outcome,
    mistakes=(
        Mistake(
            lambda y, n_levels: _bigram(y),
            "모양이 (K, K, K)이어야 합니다.",
            "The shape should be (K, K, K).",
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
            "p[a, b]의 합이 1이 아닙니다. 마지막 축에서 정규화하십시오.",
            "p[a, b] does not add up to 1: normalize over the last axis.",
        ),
        Mistake(
            lambda y, n_levels: _normalized(_counts(y, 3) + 1e-30 * torch.eye(K)),
            "학습 데이터에 없던 세 샘플에 확률 0을 주어 비트가 무한대입니다. 평활하십시오.",
            "Three samples that training never had get probability 0, and infinitely many bits: smooth.",
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
            lambda y, n_levels: _normalized(_counts(y, 3) + 1),
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
)


def check_trigram(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 2.6: a distribution of the next sample given two, counted from a recording.

    Any distribution passes that needs fewer bits than a bigram on a recording it was not counted from.

    Args:
        answer: (y, n_levels), the training codes (T,) -> p of shape (K, K, K), p[a, b] the
            distribution of what follows a, b.

    Example:
        >>> check_trigram(lambda y, n_levels: torch.full((n_levels,) * 3, 1 / n_levels))
        ✘ Proper distributions, but no better than a bigram on the held-out recording...
    """
    return TRIGRAM.check(answer)
