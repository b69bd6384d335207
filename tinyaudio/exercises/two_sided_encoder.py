"""Chapter 10, "A WaveNet autoencoder, and timbre": a residual layer that looks both ways, and hops' means."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Encode = Callable[[Tensor, Tensor, Tensor, int, int], Tensor]
Convolution = Callable[[Tensor, Tensor, int], Tensor]


def _conv(h: Tensor, A: Tensor, d: int) -> Tensor:
    return F.conv1d(h, A, padding=d, dilation=d)


def _padded(left: int, right: int) -> Convolution:
    """With so many times d zeros on either side, of which there should be one each."""
    return lambda h, A, d: F.conv1d(F.pad(h, (left * d, right * d)), A, dilation=d)


def _mean(h: Tensor, hop: int) -> Tensor:
    return h.unflatten(1, (-1, hop)).mean(2)


def _encode(
    conv: Convolution = _conv,
    before: Callable[[Tensor], Tensor] = torch.relu,
    between: Callable[[Tensor], Tensor] = torch.relu,
    stream: Callable[[Tensor], Tensor] = lambda h: h,
    pool: Callable[[Tensor, int], Tensor] = _mean,
) -> Answer:
    """Layer and pooling with one thing changed."""
    return lambda h, A, B, d, hop: pool(stream(h) + B @ between(conv(before(h), A, d)), hop)


def _cases(generator: Generator) -> list[Case]:
    cases: list[Case] = []
    for C, n, hop, d in ((2, 3, 4, 2), (3, 5, 6, 4), (4, 3, 5, 3)):
        sizes = ((C, n * hop), (C, C, 3), (C, C))
        cases.append((*(torch.randn(*size, generator=generator) for size in sizes), d, hop))
    return cases


TWO_SIDED = Exercise(
    right=_encode(),
    cases=_cases,
    mistakes=(
        Mistake(
            _encode(conv=_padded(2, 0)),
            "인과적입니다. 0을 왼쪽에만 채웠습니다. 인코더는 양쪽에 d개씩 채웁니다.",
            "This is causal: all zeros stand on the left. In the encoder d stand on either side.",
        ),
        Mistake(
            _encode(conv=_padded(0, 2)),
            "0을 오른쪽에만 채워 미래만 봅니다. 양쪽에 d개씩 채웁니다.",
            "All zeros stand on the right, so that only the future is seen; put d on either side.",
        ),
        Mistake(
            _encode(conv=lambda h, A, d: _conv(h, A, 1)),
            "팽창 계수 d를 쓰지 않았습니다.",
            "The dilation d is not used.",
        ),
        Mistake(
            _encode(conv=lambda h, A, d: _conv(h, A, 2 * d)),
            "팽창 계수가 두 배입니다.",
            "The dilation is twice what it should be.",
        ),
        Mistake(
            _encode(conv=lambda h, A, d: _conv(h, A.transpose(0, 1), d)),
            "A의 입력 채널과 출력 채널이 바뀌었습니다. conv1d의 가중치는 (출력, 입력, 탭)입니다.",
            "Input and output channels of A are swapped; the weight of conv1d is (out, in, taps).",
        ),
        Mistake(
            _encode(conv=lambda h, A, d: _conv(h, A.flip(2), d)),
            "탭의 순서가 거꾸로입니다. A의 첫 탭이 과거에 곱해집니다.",
            "The taps are reversed: the first of A belongs to the past.",
        ),
        Mistake(
            _encode(before=lambda h: h),
            "A 앞의 ReLU가 빠졌습니다.",
            "The ReLU before A is missing.",
        ),
        Mistake(
            _encode(between=lambda h: h),
            "A와 B 사이의 ReLU가 빠졌습니다.",
            "The ReLU between A and B is missing.",
        ),
        Mistake(
            _encode(before=lambda h: h, between=lambda h: h),
            "ReLU가 둘 다 빠졌습니다. 그러면 층은 선형입니다.",
            "Both ReLUs are missing, which leaves a linear layer.",
        ),
        Mistake(
            _encode(before=torch.tanh, between=torch.tanh),
            "ReLU 대신 tanh를 썼습니다.",
            "There are tanhs in the place of ReLUs.",
        ),
        Mistake(
            _encode(stream=torch.zeros_like),
            "잔차 연결이 빠졌습니다. 입력 h를 더하십시오.",
            "The residual connection is missing: add the input h.",
        ),
        Mistake(
            _encode(stream=torch.relu),
            "ReLU를 거친 것을 더했습니다. 잔차 연결은 h를 그대로 더합니다.",
            "You added h after its ReLU; the residual connection adds h as it is.",
        ),
        Mistake(
            lambda h, A, B, d, hop: _mean(h + torch.relu(_conv(torch.relu(h), A, d)), hop),
            "B를 곱하지 않았습니다.",
            "The matrix B is not used.",
        ),
        Mistake(
            lambda h, A, B, d, hop: _mean(h + B.T @ torch.relu(_conv(torch.relu(h), A, d)), hop),
            "B를 전치했습니다.",
            "B is transposed.",
        ),
        Mistake(
            _encode(pool=lambda h, hop: h.unflatten(1, (-1, hop)).amax(2)),
            "최댓값입니다. 평균을 내십시오.",
            "Those are maxima; take means.",
        ),
        Mistake(
            _encode(pool=lambda h, hop: h.unflatten(1, (-1, hop)).sum(2)),
            "합입니다. 평균을 내십시오.",
            "Those are sums; take means.",
        ),
        Mistake(
            _encode(pool=lambda h, hop: h[:, ::hop]),
            "홉마다 첫 샘플만 골랐습니다. 나머지를 버리지 말고 평균을 내십시오.",
            "You kept the first sample of each hop; take the mean of all.",
        ),
        Mistake(
            _encode(pool=lambda h, hop: h[:, hop // 2 :: hop]),
            "홉마다 가운데 샘플만 골랐습니다. 나머지를 버리지 말고 평균을 내십시오.",
            "You kept the middle sample of each hop; take the mean of all.",
        ),
        Mistake(
            _encode(pool=lambda h, hop: h.unflatten(1, (hop, -1)).mean(1)),
            "hop칸씩 떨어진 샘플을 평균했습니다. 이어진 hop개를 평균하십시오.",
            "You averaged samples that lie apart; take the mean of hop successive ones.",
        ),
        Mistake(
            _encode(pool=lambda h, hop: h.mean(1, keepdim=True)),
            "전체를 평균했습니다. 홉마다 하나씩 평균하십시오.",
            "That is the mean of everything; take one for each hop.",
        ),
        Mistake(
            _encode(pool=lambda h, hop: h),
            "평균을 내지 않았습니다. 출력은 홉마다 하나입니다.",
            "Nothing is pooled; there is one output for each hop.",
        ),
    ),
    hint=(
        "층부터 쓰십시오. F.conv1d의 padding은 양쪽에 0을 채웁니다.",
        "Write the layer first; padding of F.conv1d puts zeros on both sides.",
    ),
)


def check_two_sided(answer: Encode) -> CheckResult:
    """Exercise 10.1: a dilated residual layer that is not causal, and the mean of every hop.

    Args:
        answer: (h, A, B, d, hop), of shapes (C, T), (C, C, 3) and (C, C), a dilation and a hop that
            divides T -> (C, T / hop).

    Example:
        >>> check_two_sided(lambda h, A, B, d, hop: h.unflatten(1, (-1, hop)).mean(2))
        ✘ <lambda>(<2 × 12>, ...
    """
    return TWO_SIDED.check(answer)
