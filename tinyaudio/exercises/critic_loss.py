"""Chapter 14, "The Wasserstein distance and WaveGAN": the critic's loss with its gradient penalty.

A penalty that is not differentiated, and a gradient that reaches the generator, stand behind right values.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise
from tinyaudio.exercises.gradients import flaw_of_gradient

Scores = Callable[[Tensor], Tensor]
Loss = Callable[[Scores, Tensor, Tensor, Tensor, float], Tensor]


def _scores(w: Tensor, v: Tensor) -> Scores:
    return lambda x: torch.tanh(x.flatten(1) @ w) @ v


class Critic(nn.Module):
    """Two layers, with a slope that depends on where it is taken."""

    def __init__(self, w: Tensor, v: Tensor) -> None:
        super().__init__()
        self.w, self.v = nn.Parameter(w), nn.Parameter(v)

    def forward(self, x: Tensor) -> Tensor:
        """Clips (B, C, T) to scores (B,)."""
        return _scores(self.w, self.v)(x)


def _clips(_: Generator) -> list[Case]:
    """The same for every seed; slopes below 1 and above."""
    generator = torch.Generator().manual_seed(0)
    cases: list[Case] = []
    for B, T, scale, weight in ((4, 3, 0.6, 10.0), (5, 2, 0.15, 3.0)):
        w, v = torch.randn(2 * T, 6, generator=generator), torch.randn(6, generator=generator)
        real, generated = torch.randn(2, B, 2, T, generator=generator)
        mix = torch.rand(B, generator=generator)
        cases.append((Critic(scale * w, v), real, 0.5 * generated + 0.7, mix, weight))
    return cases


def _slopes(f: Scores, x: Tensor, graph: bool = True) -> Tensor:
    (slope,) = torch.autograd.grad(f(x).sum(), x, create_graph=graph)
    return slope


def _norms(slope: Tensor) -> Tensor:
    return slope.flatten(1).norm(dim=1)


def _two_sided(slope: Tensor) -> Tensor:
    return (_norms(slope) - 1).square().mean()


def _loss(
    excess: Callable[[Tensor], Tensor] = _two_sided,
    at: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, y, m: m * x + (1 - m) * y,
    graph: bool = True,
    sign: int = 1,
    factor: Callable[[float], float] = lambda weight: weight,
    detached: tuple[bool, bool] = (True, True),
    transform: Scores = lambda score: score,
    per_example: bool = True,
) -> Loss:
    """The loss with another penalty, another place for it, or with something left out."""

    def loss(f: Scores, real: Tensor, generated: Tensor, mix: Tensor, weight: float) -> Tensor:
        shown, mixed = (generated.detach() if one else generated for one in detached)
        m = mix.view(-1, 1, 1) if per_example else mix[0]
        between = at(real.detach(), mixed, m)
        if not between.requires_grad:
            between = between.detach().clone().requires_grad_()

        def scores(x: Tensor) -> Tensor:
            return transform(f(x))

        distance = scores(real).mean() - scores(shown).mean()
        return -sign * distance + factor(weight) * excess(_slopes(scores, between, graph))

    return loss


_right = _loss()

# Their values are right.
_GRADIENTS = (
    Mistake(
        _loss(graph=False),
        "값은 맞지만 페널티가 상수입니다. autograd.grad에 create_graph=True를 주어야 페널티가 비평자의 "
        "매개변수까지 미분됩니다.",
        "The value is right, but the penalty is a constant: with create_graph=True autograd.grad lets it be "
        "differentiated in the critic's parameters.",
    ),
    Mistake(
        _loss(detached=(False, False)),
        "값은 맞지만 기울기가 generated를 거쳐 생성자까지 갑니다. 먼저 generated를 detach하십시오.",
        "The value is right, but the gradient goes through generated to the generator: detach generated first.",
    ),
    Mistake(
        _loss(detached=(False, True)),
        "값은 맞지만 생성한 것의 점수에서 기울기가 생성자까지 갑니다. generated를 detach하십시오.",
        "The value is right, but the score of what is generated sends a gradient to the generator: detach it.",
    ),
    Mistake(
        _loss(detached=(True, False)),
        "값은 맞지만 페널티에서 기울기가 생성자까지 갑니다. 보간한 점을 detach하고 requires_grad_를 "
        "부르십시오.",
        "The value is right, but the penalty sends a gradient to the generator: detach the interpolate, "
        "then call requires_grad_.",
    ),
    Mistake(
        lambda f, real, generated, mix, weight: _right(f, real, generated, mix, weight).detach(),
        "값은 맞지만 비평자에 기울기가 가지 않습니다. 손실 전체를 detach했거나 숫자로 바꾸었습니다.",
        "The value is right, but no gradient reaches the critic: the whole loss is detached.",
    ),
)


def _witness(answer: Answer) -> Mistake | None:
    critic, real, generated, mix, weight = _clips(torch.Generator())[0]
    inputs = (critic.w.detach(), critic.v.detach(), generated)

    def with_weights(loss: Answer) -> Answer:
        return lambda w, v, made: loss(_scores(w, v), real.clone(), made, mix.clone(), weight)

    mistakes = [Mistake(with_weights(one.answer), one.korean, one.english) for one in _GRADIENTS]
    found = flaw_of_gradient(with_weights(answer), with_weights(_right), mistakes, inputs)
    return _GRADIENTS[mistakes.index(found)] if found in mistakes else found


def _log_sigmoid(f: Scores, real: Tensor, generated: Tensor, mix: Tensor, weight: float) -> Tensor:
    penalty = _right(f, real, generated, mix, weight) + f(real).mean() - f(generated).mean()
    return F.softplus(-f(real)).mean() + F.softplus(f(generated)).mean() + penalty


def _error(korean: str, english: str, loss: Any) -> Mistake:
    return Mistake(loss, korean, english)


CRITIC_LOSS = Exercise(
    right=_right,
    cases=_clips,
    witness=_witness,
    mistakes=(
        *_GRADIENTS,
        _error(
            "점수에 시그모이드를 씌웠습니다. 비평자의 점수는 확률이 아니라 임의의 실수입니다.",
            "There is a sigmoid on the scores; a critic's score is no probability but any real number.",
            _loss(transform=torch.sigmoid),
        ),
        _error(
            "GAN의 로그 손실입니다. WGAN은 점수의 평균을 그대로 뺍니다.",
            "Those are the logarithms of a GAN's loss; in a WGAN mean scores are subtracted as they are.",
            _log_sigmoid,
        ),
        _error(
            "부호가 반대입니다. 비평자는 E f(x) - E f(x̃)를 키우므로 손실에는 빼서 넣습니다. 페널티는 "
            "그대로 더합니다.",
            "The sign of the difference is reversed: the critic raises E f(x) - E f(x̃), so the loss has "
            "minus that. The penalty is added as it is.",
            _loss(sign=-1),
        ),
        _error(
            "가중치 weight를 곱하지 않았습니다.",
            "The penalty is not multiplied by weight.",
            _loss(factor=lambda weight: 1.0),
        ),
        _error(
            "페널티가 없습니다.",
            "There is no penalty.",
            _loss(factor=lambda weight: 0.0),
        ),
        _error(
            "실제 데이터에서 기울기를 쟀습니다. 둘 사이를 보간한 점에서 재십시오.",
            "The slope is taken at the real clips; take it at points between real and generated.",
            _loss(at=lambda x, y, m: x),
        ),
        _error(
            "생성한 것에서 기울기를 쟀습니다. 둘 사이를 보간한 점에서 재십시오.",
            "The slope is taken at the generated clips; take it at points between real and generated.",
            _loss(at=lambda x, y, m: y),
        ),
        _error(
            "mix가 거꾸로입니다. real에 m, generated에 1 - m을 곱합니다.",
            "The mix is the wrong way round: real is multiplied by m, generated by 1 - m.",
            _loss(at=lambda x, y, m: m * y + (1 - m) * x),
        ),
        _error(
            "배치 전체에 mix 하나를 썼습니다. 클립마다 자기 m이 있습니다.",
            "One mix is used for the whole batch; every clip has an m of its own.",
            _loss(per_example=False),
        ),
        _error(
            "배치 전체의 노름을 구했습니다. 클립마다 노름을 구하고 제곱한 뒤에 평균합니다.",
            "The norm is of the whole batch; take one for each clip, and average after squaring.",
            _loss(lambda slope: (slope.norm() - 1).square()),
        ),
        _error(
            "노름을 시간 축에서만 구했습니다. 클립의 모든 채널과 샘플에 걸친 노름 하나입니다.",
            "The norm is over time alone; it is one norm over all channels and samples of a clip.",
            _loss(lambda slope: (slope.norm(dim=2) - 1).square().mean()),
        ),
        _error(
            "점수의 평균을 미분하여 기울기가 배치 크기만큼 작아졌습니다. 합을 미분하십시오.",
            "The mean score is differentiated, so that slopes are smaller by the batch size; "
            "differentiate the sum.",
            _loss(lambda slope: _two_sided(slope / len(slope))),
        ),
        _error(
            "1을 빼지 않았습니다. 그러면 기울기를 0으로 당깁니다.",
            "1 is not subtracted, so that slopes are pulled to 0.",
            _loss(lambda slope: _norms(slope).square().mean()),
        ),
        _error(
            "한쪽 페널티입니다. 이 문제는 논문의 양쪽 페널티를 묻습니다.",
            "That is the one-sided penalty; this exercise asks for the paper's two-sided one.",
            _loss(lambda slope: (_norms(slope) - 1).relu().square().mean()),
        ),
    ),
    hint=(
        "보간한 점을 detach하고 requires_grad_를 부른 뒤, 점수의 합을 그 점에 대해 미분하십시오.",
        "Detach the interpolate, call requires_grad_, and differentiate the sum of scores with respect to it.",
    ),
)


def check_critic_loss(answer: Loss) -> CheckResult:
    """Exercise 14.2: the loss of a critic with the two-sided gradient penalty.

    Args:
        answer: (critic, real, generated, mix, weight): scores (B,) of clips (B, C, T), two batches of clips,
            where between them the slope is taken (B,), and lambda -> a single number.

    Example:
        >>> def no_penalty(critic, real, generated, mix, weight):
        ...     return critic(generated).mean() - critic(real).mean()
        >>> check_critic_loss(no_penalty)
        ✘ There is no penalty.
    """
    return CRITIC_LOSS.check(answer)
