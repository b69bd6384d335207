"""Chapter 2, "One sample at a time": code length, entropy rate, the delay by one, sampling."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from tinyaudio.data.markov import MarkovSource
from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.exercises.prediction import check_fit_layer as check_fit_layer
from tinyaudio.exercises.prediction import check_trigram as check_trigram
from tinyaudio.language import tr


def check_code_length(answer: Callable[[Tensor], float | Tensor]) -> CheckResult:
    """Exercise 2.1: bits per sample, from the probabilities of the samples that occurred.

    Args:
        answer: (p,), the probability of every sample of a recording given those before it -> bits.

    Example:
        >>> check_code_length(lambda p: -p.log().mean())
        ✘ You took the natural logarithm: that is nats. Bits need base 2.
    """

    def right(p: Tensor) -> Tensor:
        return -p.log2().mean()

    mistakes = (
        Mistake(
            lambda p: -p.log().mean(),
            tr(
                "자연로그를 썼습니다. 그러면 단위가 냇(nat)입니다. 비트는 밑이 2인 로그입니다.",
                "You took the natural logarithm: that is nats. Bits need base 2.",
            ),
        ),
        Mistake(
            lambda p: -p.log2().sum(),
            tr(
                "녹음 전체의 비트 수입니다. 샘플 하나에 몇 비트인지 물었으므로 평균을 냅니다.",
                "Those are the bits of the whole recording; bits a sample are their mean.",
            ),
        ),
        Mistake(
            lambda p: -p.mean().log2(),
            tr(
                "평균을 먼저 냈습니다. 확률은 곱해지므로 로그를 먼저 취하고 평균을 냅니다.",
                "You took the mean first. Probabilities multiply, so the logarithm comes before the mean.",
            ),
        ),
        Mistake(
            lambda p: p.log2().mean(),
            tr(
                "부호가 빠졌습니다. 확률의 로그는 음수이고, 부호의 길이는 양수입니다.",
                "The sign is missing: the logarithm of a probability is negative, a length is not.",
            ),
        ),
        Mistake(
            lambda p: -(p * p.log2()).sum(),
            tr(
                "엔트로피의 식입니다. 여기서는 이미 나온 샘플의 확률이 주어졌으니 다시 가중하지 않습니다.",
                "That is the formula of an entropy. These are the probabilities of samples that did occur: "
                "do not weight them once more.",
            ),
        ),
    )
    g = torch.Generator().manual_seed(0)
    cases = [
        (torch.tensor([0.5, 0.25, 0.5, 0.125]),),
        (torch.full((10,), 1 / 256),),
        (torch.rand(50, generator=g) * 0.9 + 0.05,),
    ]
    hint = tr(
        "확률 p인 일에는 -log2(p) 비트가 듭니다.", "Something of probability p costs -log2(p) bits."
    )
    return check_answer(answer, right, cases, mistakes, hint)


def check_entropy_rate(answer: Callable[[Tensor, Tensor], float | Tensor]) -> CheckResult:
    """Exercise 2.2: the entropy rate of a Markov source.

    Args:
        answer: (P, pi), the transition matrix and how often each value occurs -> bits a sample.

    Example:
        >>> check_entropy_rate(lambda P, pi: -(pi * pi.log2()).sum())
        ✘ That is the entropy of a value whose past is hidden...
    """

    def rows(P: Tensor) -> Tensor:
        return -torch.xlogy(P, P).sum(1) / math.log(2)

    def right(P: Tensor, pi: Tensor) -> Tensor:
        return pi @ rows(P)

    mistakes = (
        Mistake(
            lambda P, pi: -torch.xlogy(pi, pi).sum() / math.log(2),
            tr(
                "과거를 모를 때의 엔트로피입니다. 바로 앞의 값을 알면 줄을 하나 고를 수 있습니다.",
                "That is the entropy of a value whose past is hidden. The value before it picks a row.",
            ),
        ),
        Mistake(
            lambda P, pi: rows(P).mean(),
            tr(
                "모든 줄을 똑같이 쳤습니다. 자주 나오는 값의 줄이 더 무거워야 합니다.",
                "All rows count the same here; rows of frequent values must weigh more.",
            ),
        ),
        Mistake(
            lambda P, pi: rows(P).sum(),
            tr(
                "줄마다의 엔트로피를 더하기만 했습니다. pi로 가중하여 평균을 냅니다.",
                "You only added up the rows' entropies; their mean, weighted by pi, is wanted.",
            ),
        ),
        Mistake(
            lambda P, pi: pi @ rows(P) * math.log(2),
            tr(
                "자연로그를 썼습니다. 비트는 밑이 2입니다.", "Natural logarithms: bits need base 2."
            ),
        ),
        Mistake(
            lambda P, pi: -(pi[:, None] * torch.log2(P.clamp_min(1e-30))).sum(),
            tr(
                "로그를 P로 가중하지 않았습니다. 줄 안에서도 확률로 평균을 냅니다.",
                "The logarithm is not weighted by P; within a row, too, the mean is over probabilities.",
            ),
        ),
    )
    cases = [
        (source.transition, source.stationary)
        for source in (
            MarkovSource(torch.tensor([[0.9, 0.1], [0.3, 0.7]])),
            MarkovSource(torch.tensor([[0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.25, 0.5, 0.25]])),
        )
    ]
    hint = tr(
        "먼저 줄 하나의 엔트로피를 구하고, pi로 평균을 내십시오.",
        "First the entropy of one row, then the mean over pi.",
    )
    return check_answer(answer, right, cases, mistakes, hint)


def check_shift(answer: Callable[[Tensor, int], Tensor]) -> CheckResult:
    """Exercise 2.3: the input of an autoregressive network, delayed by one sample.

    Args:
        answer: (codes, silence), codes of shape (B, T) -> the input, of the same shape.

    Example:
        >>> check_shift(lambda codes, silence: codes)
        ✘ The network sees the very sample that it is to predict...
    """

    def right(codes: Tensor, silence: int) -> Tensor:
        return F.pad(codes[:, :-1], (1, 0), value=silence)

    mistakes = (
        Mistake(
            lambda codes, silence: codes,
            tr(
                "신경망이 맞혀야 할 샘플을 그대로 봅니다. 한 칸 늦추어야 합니다.",
                "The network sees the very sample that it is to predict. Delay the input by one.",
            ),
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, 1:], (0, 1), value=silence),
            tr(
                "반대로 밀었습니다. 신경망이 다음 샘플을 미리 봅니다.",
                "Shifted the wrong way: the network looks at the sample after the one it predicts.",
            ),
        ),
        Mistake(
            lambda codes, silence: F.pad(codes[:, :-1], (1, 0)),
            tr(
                "맨 앞에 0을 넣었습니다. 부호 0은 침묵이 아니라 진폭 -1입니다.",
                "You put a 0 in front; code 0 is not silence but amplitude -1.",
            ),
        ),
        Mistake(
            lambda codes, silence: codes.roll(1, dims=1),
            tr(
                "맨 뒤의 샘플이 맨 앞으로 돌아왔습니다. 처음에 끝을 알려 주는 셈입니다.",
                "The last sample came round to the front: at the beginning the network knows the end.",
            ),
        ),
        Mistake(
            lambda codes, silence: codes[:, :-1],
            tr(
                "한 칸 짧습니다. 첫 샘플도 무엇인가에서 짐작해야 하니 그 앞에 침묵을 두십시오.",
                "One too short: the first sample, too, is predicted from something. Put silence before it.",
            ),
        ),
    )
    g = torch.Generator().manual_seed(0)
    cases = [
        (torch.tensor([[130, 140, 120, 128]]), 128),
        (torch.randint(64, (2, 9), generator=g), 32),
    ]
    hint = tr("맨 뒤를 버리고 맨 앞에 silence를 붙입니다.", "Drop the last, put silence first.")
    return check_answer(answer, right, cases, mistakes, hint)


def check_draw(answer: Callable[[Tensor, float, float], int | Tensor]) -> CheckResult:
    """Exercise 2.4: a value drawn from logits, at a temperature, with a given random number.

    Args:
        answer: (logits, temperature, u), K logits and a number u in [0, 1) -> the first value whose
            cumulative probability exceeds u.

    Example:
        >>> check_draw(lambda logits, temperature, u: logits.argmax())
        ✘ The likeliest value comes every time...
    """

    def first_above(p: Tensor, u: float) -> int:
        return int((p.cumsum(0) > u).int().argmax())

    def right(logits: Tensor, temperature: float, u: float) -> int:
        return first_above(torch.softmax(logits / temperature, 0), u)

    mistakes = (
        Mistake(
            lambda logits, temperature, u: int(logits.argmax()),
            tr(
                "언제나 가장 그럴듯한 값만 나옵니다. argmax는 뽑기가 아닙니다(정정 23).",
                "The likeliest value comes every time: argmax does not draw (correction 23).",
            ),
        ),
        Mistake(
            lambda logits, temperature, u: first_above(torch.softmax(logits, 0), u),
            tr("온도를 쓰지 않았습니다.", "The temperature is not used."),
        ),
        Mistake(
            lambda logits, temperature, u: first_above(torch.softmax(logits * temperature, 0), u),
            tr(
                "온도를 곱했습니다. 나누어야 온도가 낮을 때 얌전해집니다.",
                "You multiplied by the temperature; divide, so that low temperatures are the tame ones.",
            ),
        ),
        Mistake(
            lambda logits, temperature, u: first_above(torch.softmax(logits, 0) / temperature, u),
            tr(
                "확률을 온도로 나누었습니다. 합이 1이 아니게 됩니다. 소프트맥스 전에 로짓을 나눕니다.",
                "You divided probabilities, which then do not add up to 1; divide the logits instead.",
            ),
        ),
        Mistake(
            lambda logits, temperature, u: int(
                (torch.softmax(logits / temperature, 0) > u).int().argmax()
            ),
            tr(
                "확률을 차례로 더하지 않았습니다. 누적한 확률이 u를 처음 넘는 곳을 찾습니다.",
                "The probabilities are not added up; look where their running sum first exceeds u.",
            ),
        ),
    )
    g = torch.Generator().manual_seed(0)
    cases = [
        (2 * torch.randn(6, generator=g), temperature, u)
        for temperature in (1.0, 0.5, 2.0)
        for u in (0.05, 0.3, 0.55, 0.8, 0.97)
    ]
    hint = tr("softmax의 누적합을 구하십시오.", "Take the running sum of the softmax.")
    return check_answer(answer, right, cases, mistakes, hint)
