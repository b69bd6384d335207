"""Chapter 2, "One sample at a time": a causal layer trained by gradient descent, a trigram model."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.audio import resample
from tinyaudio.data.recorded import recording
from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr
from tinyaudio.represent import mulaw


def check_fit_layer(answer: Callable[[Tensor, int, float], Tensor]) -> CheckResult:
    """Exercise 2.5: a causal layer of two taps that learns to predict the next sample.

    Args:
        answer: (x, steps, lr), x of shape (T,) -> the weights (2,) of x[t-1] and x[t-2] after `steps`
            steps of gradient descent on the mean square error, from zero.

    Example:
        >>> check_fit_layer(lambda x, steps, lr: torch.zeros(2))
        ✘ The weights never moved...
    """

    def fit(
        x: Tensor,
        steps: int,
        lr: float,
        delays: tuple[int, int] = (1, 2),
        sign: float = 1.0,
        kept: float = 0.0,
    ) -> Tensor:
        taps = torch.stack([F.pad(x, (d, -d)) for d in delays])  # (2, T)
        weight, gradient = torch.zeros(2), torch.zeros(2)
        for _ in range(steps):
            gradient = kept * gradient + 2 * taps @ (weight @ taps - x) / len(x)
            weight = weight - sign * lr * gradient
        return weight

    mistakes = (
        Mistake(
            lambda x, steps, lr: fit(x, steps, lr, delays=(0, 1)),
            tr(
                "층이 맞혀야 할 샘플 x[t]를 봅니다. 입력을 한 칸 늦추십시오.",
                "The layer sees x[t], the sample that it is to predict: delay its input by one.",
            ),
        ),
        Mistake(
            lambda x, steps, lr: fit(x, steps, lr, kept=1.0),
            tr(
                "그래디언트가 쌓입니다. 걸음마다 backward 전에 optimizer.zero_grad()를 부르십시오.",
                "The gradients add up: call optimizer.zero_grad() before backward, at every step.",
            ),
        ),
        Mistake(
            lambda x, steps, lr: fit(x, steps, lr, sign=-1.0),
            tr(
                "손실이 커지는 쪽으로 갔습니다. 그래디언트를 더하지 말고 빼십시오.",
                "You climb: subtract the gradient, do not add it.",
            ),
        ),
        Mistake(
            lambda x, steps, lr: fit(x, steps, lr).flip(0),
            tr(
                "두 가중치의 순서가 바뀌었습니다. x[t-1]의 것이 먼저입니다. "
                "Conv1d의 가중치는 먼 과거부터 놓입니다.",
                "The two weights are in the wrong order: that of x[t-1] comes first. "
                "A Conv1d holds the far past first.",
            ),
        ),
        Mistake(
            lambda x, steps, lr: torch.zeros(2),
            tr(
                "가중치가 전혀 움직이지 않았습니다. optimizer.step()을 부르십시오.",
                "The weights never moved: call optimizer.step().",
            ),
        ),
    )
    t = torch.arange(400.0)
    cases = [(torch.sin(0.5 * t), 20, 0.2), (torch.sin(0.3 * t) + 0.3 * torch.cos(t), 30, 0.1)]
    hint = tr(
        "앞을 채운 입력에 Conv1d를 쓰고, 2.4절의 학습 한 걸음을 되풀이하십시오.",
        "A Conv1d on an input padded in front, then the training step of section 2.4 again and again.",
    )
    return check_answer(answer, fit, cases, mistakes, hint, tolerance=1e-3)


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

    def speech(name: str) -> Tensor:
        clip = recording(name)
        return mulaw.encode(resample(clip.audio, clip.sample_rate, 8_000)[0], 64)

    training = torch.cat([speech("speech-it-vm-intro"), speech("speech-it-demo-thanks")])
    held_out = speech("speech-it-queue-youarenext")
    pairs = (training[:-1] * 64 + training[1:]).bincount(minlength=64**2).view(64, 64) + 1.0
    bigram = pairs / pairs.sum(1, keepdim=True)
    limit = -bigram[held_out[1:-1], held_out[2:]].log2().mean()

    @functools.wraps(answer)
    def outcome(y: Tensor, n_levels: int) -> object:
        p = answer(y, n_levels)
        if not isinstance(p, Tensor):
            return p
        if p.shape != (64, 64, 64):
            return 1
        if p.isnan().any() or (p < 0).any():
            return 2
        if not torch.allclose(p.double().sum(2), torch.ones(64, 64).double(), atol=1e-3):
            return 3
        bits = -p[held_out[:-2], held_out[1:-1], held_out[2:]].log2().mean()
        return 4 if bits.isinf() else 5 if bits >= limit else 0

    named = (
        (1, "모양이 (K, K, K)이어야 합니다.", "The shape should be (K, K, K)."),
        (
            2,
            "NaN이나 음수가 있습니다. 한 번도 나오지 않은 짝 뒤에서 0을 0으로 나누지 않았습니까?",
            "There are NaN or negative values; after pairs that never occurred, is 0 divided by 0?",
        ),
        (
            3,
            "p[a, b]의 합이 1이 아닙니다. 마지막 축에서 정규화하십시오.",
            "p[a, b] does not add up to 1: normalize over the last axis.",
        ),
        (
            4,
            "학습에 없던 세 샘플에 확률 0을 주어 비트가 무한대입니다. 평활하십시오.",
            "Three samples that training never had get probability 0, and infinitely many bits: smooth.",
        ),
        (
            5,
            "분포이기는 하지만 처음 듣는 녹음에서 바이그램보다 낫지 않습니다. "
            "드문 짝 뒤에서는 바이그램을 더 믿으십시오.",
            "Proper distributions, but no better than a bigram on the held-out recording: "
            "after rare pairs, rely on the bigram.",
        ),
    )

    def always(number: int) -> Callable[[Tensor, int], int]:
        return lambda y, n_levels: number

    mistakes = [Mistake(always(number), tr(ko, en)) for number, ko, en in named]
    hint = tr(
        "셋씩 센 수에 바이그램 확률의 32배를 더하고 정규화해 보십시오.",
        "Try counts of three plus 32 times the bigram's probability, normalized.",
    )
    return check_answer(outcome, always(0), [(training, 64)], mistakes, hint)
