"""Chapter 3, "mu-law and the softmax": the loss of a mixture of logistics, and its gradient."""

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn.functional import logsigmoid, softplus

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise


def _log_p(parameters: Tensor, codes: Tensor, K: int, half: float = 0.5) -> Tensor:
    """Log probability of each code under each component; the outer levels have the tails."""
    _, centre, log_scale = parameters.chunk(3)
    a, b = ((codes + h - centre) / log_scale.exp() for h in (-half, half))
    inside = logsigmoid(b) + logsigmoid(-a) + torch.log(-torch.expm1(a - b))
    lowest, highest = codes == 0, codes == K - 1
    return torch.where(lowest, logsigmoid(b), torch.where(highest, logsigmoid(-a), inside))


def _bits(parameters: Tensor, codes: Tensor, K: int) -> Tensor:
    mixed = parameters.chunk(3)[0].log_softmax(0) + _log_p(parameters, codes, K)
    return -torch.logsumexp(mixed, 0).mean() / math.log(2)


def _logs_mixed(parameters: Tensor, codes: Tensor, K: int) -> Tensor:
    mixed = parameters.chunk(3)[0].softmax(0) * _log_p(parameters, codes, K)
    return -mixed.sum(0).mean() / math.log(2)


def _weighed(weigh: Callable[[Tensor], Tensor]) -> Answer:
    """With other log weights."""
    return lambda p, codes, K: (
        -torch.logsumexp(weigh(p.chunk(3)[0]) + _log_p(p, codes, K), 0).mean() / math.log(2)
    )


def _changed(change: Callable[..., tuple[Tensor, Tensor, Tensor]]) -> Answer:
    """With other weights, centres and log scales."""
    return lambda p, codes, K: _bits(torch.cat(change(*p.chunk(3))), codes, K)


def _differences(
    low_tail: bool = True, high_tail: bool = True, half: float = 0.5, least: float = 0.0
) -> Answer:
    """Probabilities by subtraction, which underflows far from the centres."""

    def answer(parameters: Tensor, codes: Tensor, K: int) -> Tensor:
        weights, centre, log_scale = parameters.chunk(3)
        low, high = (torch.sigmoid((codes + h - centre) / log_scale.exp()) for h in (-half, half))
        low = torch.where((codes == 0) & torch.tensor(low_tail), 0.0, low)
        high = torch.where((codes == K - 1) & torch.tensor(high_tail), 1.0, high)
        return -(weights.softmax(0) * (high - low)).sum(0).clamp_min(least).log2().mean()

    return answer


def _density(parameters: Tensor, codes: Tensor, K: int) -> Tensor:
    weights, centre, log_scale = parameters.chunk(3)
    z = (codes - centre) / log_scale.exp()
    mixed = weights.log_softmax(0) + logsigmoid(z) + logsigmoid(-z) - log_scale
    return -torch.logsumexp(mixed, 0).mean() / math.log(2)


_NO_GRADIENT = Mistake(
    lambda *case: _bits(*case).detach(),
    "값은 맞지만 매개변수로 기울기가 오지 않습니다. item()이나 detach() 없이 텐서로 계산하십시오.",
    "The value is right, but no gradient reaches the parameters: stay with tensors, no item(), no detach().",
)
_HALF_A_GRADIENT = Mistake(
    _changed(lambda weights, centre, log_scale: (weights.detach(), centre, log_scale)),
    "값은 맞지만 일부 매개변수의 기울기가 틀립니다. 매개변수를 detach하거나 no_grad로 감싸지 않았습니까?",
    "The value is right, but the gradient of some parameters is not: is one detached, or under no_grad?",
)
_UNDERFLOW = Mistake(
    _differences(),
    "모든 성분에서 먼 코드값에서 확률이 0으로 언더플로합니다. 차이 대신 로그의 합으로 계산하십시오.",
    "Far from every component the probability underflows to 0: add logarithms, take no difference.",
)
_FLAT = Mistake(
    _differences(least=1e-12),
    "확률에 하한을 두어, 모든 성분에서 먼 코드값에서 기울기가 0입니다. 로그의 합으로 계산하십시오.",
    "The probability is clamped, so that far from every component the gradient is 0: add logarithms.",
)


def _flaw_of_gradient(answer: Answer) -> Mistake | None:
    """Whether the loss and its gradient are right, also where probabilities underflow."""
    for codes, K in ((torch.tensor([4, 7, 11]), 16), (torch.tensor([30_000, 60_000]), 65_536)):
        given, wanted = (_EXAMPLE.expand(-1, len(codes)).clone().requires_grad_() for _ in range(2))
        bits = answer(given, codes.clone(), K)
        if not isinstance(bits, Tensor) or not bits.requires_grad:
            return _NO_GRADIENT
        bits.sum().backward()  # type: ignore[no-untyped-call]
        right = _bits(wanted, codes, K)
        right.backward()  # type: ignore[no-untyped-call]
        assert wanted.grad is not None
        if K > 16 and not torch.isclose(bits, right, rtol=1e-3).all():
            return _UNDERFLOW if not bits.isfinite().all() else _FLAT
        if given.grad is None:
            return _NO_GRADIENT
        if not torch.allclose(given.grad, wanted.grad, rtol=1e-3, atol=1e-3):
            return _HALF_A_GRADIENT if K == 16 else _FLAT
    return None


_EXAMPLE = torch.tensor([[0.3], [-0.9], [3.0], [11.5], [0.4], [0.9]])
_NARROW = torch.tensor([[0.3], [-0.9], [3.0], [11.0], [0.05], [0.1]])


def _mixtures(generator: Generator) -> list[Case]:
    """Two components; codes among them, and at both ends; at last two at the centres of narrow components.

    The last is always the same: there a density is over 1 % away from a level's probability.
    """
    ends, inner = torch.tensor([0, 2, 3, 9, 12, 15]), torch.tensor([4, 7, 11])
    cases: list[Case] = []
    for codes in (ends, inner):
        r = torch.rand(6, len(codes), generator=generator)
        scale = torch.tensor([[1.5], [1.5], [2.0], [2.0], [0.5], [0.5]])
        cases.append((_EXAMPLE + scale * (r - 0.5), codes, 16))
    return [*cases, (_NARROW.expand(-1, 2).clone(), torch.tensor([3, 11]), 16)]


MIXTURE_BITS = Exercise(
    right=_bits,
    cases=_mixtures,
    edges=[(torch.tensor([[0.0], [0.5], [0.0]]), torch.tensor([1]), 2),
           (torch.tensor([[0.0], [3.2], [-1.0]]), torch.tensor([3]), 16)],
    witness=_flaw_of_gradient,
    mistakes=(
        Mistake(
            lambda *case: _bits(*case) * math.log(2),
            "냇입니다. 비트로 바꾸려면 ln 2로 나눕니다.",
            "Those are nats. Divide by ln 2 for bits.",
        ),
        Mistake(
            lambda *case: -_bits(*case),
            "음의 부호가 빠졌습니다. 코드 길이는 양수입니다.",
            "The minus is missing: code lengths are positive.",
        ),
        Mistake(
            lambda p, codes, K: _bits(p, codes, K) * len(codes),
            "합입니다. 샘플당 비트이므로 평균을 냅니다.",
            "That is the sum; bits per sample are a mean.",
        ),
        Mistake(
            _weighed(lambda w: w),
            "혼합 비율의 로짓을 그대로 썼습니다. 소프트맥스를 지나야 합이 1이 됩니다.",
            "The weights are still logits; a softmax makes them add up to 1.",
        ),
        Mistake(
            _weighed(lambda w: w.softmax(0)),
            "로그에 확률을 더했습니다. softmax가 아니라 log_softmax입니다.",
            "You added probabilities to logarithms: log_softmax, not softmax.",
        ),
        Mistake(
            _weighed(lambda w: w.log_softmax(1)),
            "시간 축으로 소프트맥스를 취했습니다. 성분끼리, 곧 축 0으로 취합니다.",
            "The softmax is over time; it belongs over components, axis 0.",
        ),
        Mistake(
            _weighed(lambda w: 0 * w - math.log(len(w))),
            "혼합 비율을 쓰지 않았습니다. 모든 성분의 비율이 같아졌습니다.",
            "The weights are not used: all components count the same.",
        ),
        Mistake(
            _weighed(lambda w: 0 * w),
            "혼합 비율을 쓰지 않고 확률을 더했습니다.",
            "The weights are not used; probabilities are added as they are.",
        ),
        Mistake(
            _logs_mixed,
            "로그를 먼저 취하고 섞었습니다. 확률을 섞은 다음에 로그를 취합니다.",
            "You mixed logarithms. Mix the probabilities, then take the logarithm.",
        ),
        Mistake(
            _changed(lambda weights, centre, log_scale: (weights, centre, softplus(log_scale).log())),
            "너비에 softplus를 썼습니다. 셋째 묶음은 너비의 로그이므로 exp입니다.",
            "You took a softplus of the scales. The last third are log scales: exp.",
        ),
        Mistake(
            _changed(lambda weights, centre, log_scale: (weights, centre, log_scale.clamp_min(1e-9).log())),
            "너비의 로그를 너비로 썼습니다. exp를 취하십시오.",
            "You took the log scales for scales: take exp.",
        ),
        Mistake(
            _changed(lambda weights, centre, log_scale: (weights, centre, -log_scale)),
            "너비를 곱했습니다. 나누십시오.",
            "You multiplied by the scales: divide.",
        ),
        Mistake(
            _changed(lambda weights, centre, log_scale: (centre, weights, log_scale)),
            "혼합 비율과 중심이 바뀌었습니다. 첫 묶음이 혼합 비율의 로짓입니다.",
            "Weights and centres have changed places: the first third are logits of the weights.",
        ),
        Mistake(
            _changed(lambda weights, centre, log_scale: (weights, log_scale, centre)),
            "중심과 너비가 바뀌었습니다. 둘째 묶음이 중심, 셋째가 너비의 로그입니다.",
            "Centres and scales have changed places: the second third are centres.",
        ),
        Mistake(
            _differences(low_tail=False, high_tail=False),
            "양 끝 레벨이 꼬리를 갖지 않습니다. 코드값 0에서는 아래쪽 F가 0, K - 1에서는 위쪽 F가 1입니다.",
            "The outer levels lack their tails: at code 0 the lower F is 0, at K - 1 the upper F is 1.",
        ),
        Mistake(
            _differences(high_tail=False),
            "가장 높은 레벨이 꼬리를 갖지 않습니다. 코드값 K - 1에서는 위쪽 F가 1입니다.",
            "The highest level lacks its tail: at code K - 1 the upper F is 1.",
        ),
        Mistake(
            _differences(low_tail=False),
            "가장 낮은 레벨이 꼬리를 갖지 않습니다. 코드값 0에서는 아래쪽 F가 0입니다.",
            "The lowest level lacks its tail: at code 0 the lower F is 0.",
        ),
        Mistake(
            _differences(half=1.0),
            "구간의 너비가 2입니다. 레벨의 경계는 양쪽으로 1/2씩입니다.",
            "Your intervals are 2 wide; a level reaches 1/2 to either side.",
        ),
        Mistake(
            _density,
            "밀도를 썼습니다. 레벨의 확률은 두 F의 차이이고, 양 끝은 꼬리를 갖습니다.",
            "That is the density; a level's probability is a difference of two F, with tails at the ends.",
        ),
        Mistake(
            _changed(lambda weights, centre, log_scale: (weights, centre, log_scale.clamp_min(0))),
            "너비가 한 레벨보다 좁으면 틀립니다. 너비를 1 이상으로 막은 것과 같습니다.",
            "Wrong where a scale is below one level, as if scales were held at 1 or more.",
        ),
        _NO_GRADIENT,
        _HALF_A_GRADIENT,
        _UNDERFLOW,
        _FLAT,
    ),
    hint=("log_softmax와 logsumexp로 로그 안에서 섞습니다.",
          "Mix within the logarithm: log_softmax and logsumexp."),
)  # fmt: skip


def check_mixture_bits(answer: Callable[[Tensor, Tensor, int], Tensor]) -> CheckResult:
    """Exercise 3.5: the loss of a mixture of logistics, which keeps its gradient far from every component.

    Args:
        answer: (parameters, codes, K), of shapes (3 M, T) and (T,) -> mean bits a sample, with a gradient.

    Example:
        >>> check_mixture_bits(lambda parameters, codes, K: _bits(parameters, codes, K) * math.log(2))
        ✘ Those are nats. Divide by ln 2 for bits.
    """
    return MIXTURE_BITS.check(answer)
