"""Chapter 3's larger exercises: the loss of a mixture of logistics, and quantization levels of one's own."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid, softplus

from tinyaudio.exercises.check_result import CheckResult, Mistake, check_answer
from tinyaudio.language import tr
from tinyaudio.represent import mulaw


def _log_components(a: Tensor, b: Tensor, codes: Tensor, K: int) -> Tensor:
    """Log probability of each code under each component; the outer levels have the tails."""
    inside = logsigmoid(b) + logsigmoid(-a) + torch.log(-torch.expm1(a - b))
    lowest, highest = codes == 0, codes == K - 1
    return torch.where(lowest, logsigmoid(b), torch.where(highest, logsigmoid(-a), inside))


def _mixture_bits(parameters: Tensor, codes: Tensor, K: int, weigh: str = "softmax") -> Tensor:
    weights, centre, log_scale = parameters.chunk(3)
    scale = log_scale.exp()
    a, b = ((codes + half - centre) / scale for half in (-0.5, 0.5))
    log_p = _log_components(a, b, codes, K)
    if weigh == "mean of logs":
        return -(weights.softmax(0) * log_p).sum(0).mean() / math.log(2)
    log_weights = weights.log_softmax(0) if weigh == "softmax" else weights
    return -torch.logsumexp(log_weights + log_p, 0).mean() / math.log(2)


def _with_softplus(parameters: Tensor) -> Tensor:
    """Parameters whose exp of the log scales is what a softplus would have given."""
    weights, centre, log_scale = parameters.chunk(3)
    return torch.cat([weights, centre, softplus(log_scale).log()])


def _without_tails(parameters: Tensor, codes: Tensor, K: int) -> Tensor:
    weights, centre, log_scale = parameters.chunk(3)
    a, b = ((codes + half - centre) / log_scale.exp() for half in (-0.5, 0.5))
    p = weights.softmax(0) * (b.sigmoid() - a.sigmoid())
    return -p.sum(0).log2().mean()


def check_mixture_bits(answer: Callable[[Tensor, Tensor, int], Tensor]) -> CheckResult:
    """Exercise 3.5: the loss of a mixture of logistics, which keeps its gradient far from every component.

    Args:
        answer: (parameters, codes, K), of shapes (3 M, T) and (T,) -> mean bits a sample, with a gradient.

    Example:
        >>> check_mixture_bits(lambda parameters, codes, K: _mixture_bits(parameters, codes, K) * math.log(2))
        ✘ Those are nats. Divide by ln 2 for bits.
    """
    mistakes = (
        Mistake(
            lambda *case: _mixture_bits(*case) * math.log(2),
            tr("냇입니다. 비트로 바꾸려면 ln 2로 나눕니다.", "Those are nats. Divide by ln 2 for bits."),
        ),
        Mistake(
            lambda *case: -_mixture_bits(*case),
            tr(
                "음의 부호가 빠졌습니다. 코드 길이는 양수입니다.",
                "The minus is missing: code lengths are positive.",
            ),
        ),
        Mistake(
            lambda parameters, codes, K: _mixture_bits(parameters, codes, K, "raw"),
            tr(
                "혼합 비율의 로짓을 그대로 썼습니다. 소프트맥스를 지나야 합이 1이 됩니다.",
                "The weights are still logits; a softmax makes them add up to 1.",
            ),
        ),
        Mistake(
            lambda parameters, codes, K: _mixture_bits(parameters, codes, K, "mean of logs"),
            tr(
                "로그를 먼저 취하고 섞었습니다. 확률을 섞은 다음에 로그를 취합니다.",
                "You mixed logarithms. Mix the probabilities, then take the logarithm.",
            ),
        ),
        Mistake(
            lambda parameters, codes, K: _mixture_bits(_with_softplus(parameters), codes, K),
            tr(
                "너비에 softplus를 썼습니다. 셋째 묶음은 너비의 로그이므로 exp입니다.",
                "You took a softplus of the scales. The last third are log scales: exp.",
            ),
        ),
        Mistake(
            _without_tails,
            tr(
                "양 끝 눈금이 꼬리를 갖지 않습니다. 코드값 0에서는 아래쪽 F가 0, K - 1에서는 위쪽 F가 1입니다.",
                "The outer levels lack their tails: at code 0 the lower F is 0, at K - 1 the upper F is 1.",
            ),
        ),
    )  # fmt: skip
    parameters = torch.tensor([[0.3], [-0.9], [3.0], [11.5], [0.4], [0.9]])
    codes = torch.tensor([0, 2, 3, 9, 12, 15])
    cases = [
        (parameters.expand(-1, 6).clone(), codes, 16),
        (parameters.expand(-1, 3) + torch.tensor([0.0, 0.1, 0.2]), torch.tensor([4, 7, 11]), 16),
    ]
    hint = tr(
        "log_softmax와 logsumexp로 로그 안에서 섞습니다.",
        "Mix within the logarithm: log_softmax and logsumexp.",
    )
    result = check_answer(answer, _mixture_bits, cases, mistakes, hint)
    return result if not result else _far_and_differentiable(answer, parameters)


def _far_and_differentiable(
    answer: Callable[[Tensor, Tensor, int], Tensor], parameters: Tensor
) -> CheckResult:
    """Whether the loss and its gradient are right where probabilities underflow."""
    codes, K = torch.tensor([30_000, 60_000]), 65_536
    given, wanted = (parameters.expand(-1, 2).clone().requires_grad_() for _ in range(2))
    try:
        bits = answer(given, codes, K)
        bits.backward()
    except Exception:  # a number, a detached tensor, a list
        return CheckResult(
            False,
            tr(
                "값은 맞지만 매개변수로 기울기가 오지 않습니다. item() 없이 텐서로 계산합니다.",
                "The value is right, but no gradient reaches the parameters: stay with tensors, no item().",
            ),
        )
    right = _mixture_bits(wanted, codes, K)
    right.backward()
    if (
        torch.isclose(bits, right, rtol=1e-3)
        and given.grad is not None
        and wanted.grad is not None
        and torch.allclose(given.grad, wanted.grad, rtol=1e-3, atol=1e-3)
    ):
        return CheckResult(True, tr("맞았습니다.", "Correct."))
    return CheckResult(
        False,
        tr(
            "모든 성분에서 먼 코드값에서 확률이 0으로 언더플로합니다. 차이 대신 로그의 합으로 계산합니다.",
            "Far from every component the probability underflows to 0: add logarithms, take no difference.",
        ),
    )


def _speech_like(seed: int) -> Tensor:
    """Samples with the peaked distribution of speech: Laplacian, of RMS -21 dBFS, below 0.5."""
    u = torch.rand(20_000, generator=torch.Generator().manual_seed(seed)) - 0.5
    return (-0.06 * u.sign() * torch.log1p(-2 * u.abs())).clamp(-0.5, 0.5)


def _snr_db(x: Tensor, levels: Tensor) -> float:
    nearest = levels[torch.bucketize(x, (levels[1:] + levels[:-1]) / 2)]
    return (10 * torch.log10(x.square().mean() / (x - nearest).square().mean())).item()


def check_levels(answer: Callable[[Tensor], Tensor]) -> CheckResult:
    """Exercise 3.6, which is open: 256 levels placed by the samples of a sound.

    Args:
        answer: (x,), samples in [-1, 1] -> 256 increasing levels in [-1, 1].

    Example:
        >>> check_levels(lambda x: torch.linspace(-1, 1, 256))
        ✘ Those are the levels of uniform quantization. Place them by the samples x.
    """
    x, unheard = _speech_like(0), _speech_like(1)
    uniform, companded = torch.linspace(-1, 1, 256), mulaw.decode(torch.arange(256))
    seen: list[Tensor] = []

    def placed(x: Tensor) -> float | None:
        made = answer(x)
        if made is None:
            return None
        levels = torch.as_tensor(made).detach().float()
        seen.append(levels)
        if levels.shape != (256,):
            return 1.0
        if not (levels.diff() > 0).all():
            return 2.0
        if not levels.abs().max() <= 1:
            return 3.0
        if any(
            torch.allclose(levels, old, atol=2e-3)
            for old in (uniform, (torch.arange(256) - 128) / 128)
        ):
            return 4.0
        if torch.allclose(levels, companded, atol=1e-4):
            return 5.0
        return 0.0 if _snr_db(unheard, levels) > _snr_db(unheard, uniform) else 6.0

    messages = (
        tr("레벨이 256개여야 합니다.", "There have to be 256 levels, in one dimension."),
        tr("레벨은 작은 것부터 늘어놓고 겹치지 않아야 합니다.", "Levels have to increase, none twice."),
        tr("레벨이 -1과 1 사이를 벗어납니다.", "Levels have to lie in [-1, 1]."),
        tr(
            "균등 양자화의 레벨입니다. 샘플 x를 보고 놓으십시오.",
            "Those are the levels of uniform quantization. Place them by the samples x.",
        ),
        tr(
            "μ-law의 레벨입니다. 샘플 x를 보고 놓으십시오.",
            "Those are the levels of mu-law. Place them by the samples x.",
        ),
        tr(
            "처음 듣는 소리에서 균등 양자화보다 SNR이 낮습니다. 오차가 큰 곳에 레벨을 더 놓으십시오.",
            "On held-out samples the SNR is below uniform quantization's: put levels where the error is large.",
        ),
    )  # fmt: skip
    mistakes = [
        Mistake(lambda x, number=i + 1: float(number), text) for i, text in enumerate(messages)
    ]
    placed.__name__ = getattr(answer, "__name__", "answer")
    hint = tr(
        "x.abs().mean()이 작을수록 레벨이 0 가까이에 많아야 합니다.",
        "The smaller x.abs().mean(), the more levels belong near 0.",
    )
    if not callable(answer):
        return check_answer(answer, placed, [(x,)], mistakes, hint)
    result = check_answer(placed, lambda x: 0.0, [(x,)], mistakes, hint)
    if not result:
        return result
    ours, theirs, even = (_snr_db(unheard, levels) for levels in (seen[-1], companded, uniform))
    return CheckResult(
        True,
        tr(
            f"처음 듣는 샘플에서 {ours:.1f} dB (μ-law {theirs:.1f}, 균등 {even:.1f}).",
            f"On held-out samples {ours:.1f} dB (mu-law {theirs:.1f}, uniform {even:.1f}).",
        ),
    )
