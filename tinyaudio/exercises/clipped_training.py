"""Chapter 14, "The Wasserstein distance and WaveGAN": a round of training with clipped weights.

Two rounds are played, so that what one leaves behind is seen in the other.
"""

from collections.abc import Callable
from functools import wraps

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult, Mistake
from tinyaudio.exercises.exercise import Answer, Case, Exercise

Optimizers = tuple[torch.optim.Optimizer, torch.optim.Optimizer]
Round = Callable[[nn.Module, nn.Module, Optimizers, Tensor, Tensor, float], None]


def _game(_: Generator) -> list[Case]:
    """The same for every seed: weights of both networks, data and latents of two rounds, and the bound."""
    generator = torch.Generator().manual_seed(0)
    critic, made = (torch.randn(k, generator=generator) for k in (13, 2))
    real = torch.randn(2, 3, 4, 1, generator=generator) + 1
    latents = torch.randn(2, 4, 4, 1, generator=generator)
    return [
        (critic.clamp(-0.3, 0.3), made, real, latents, 0.3)
    ]  # within the bound, as a round leaves it


def _networks(critic: Tensor, made: Tensor) -> tuple[nn.Module, nn.Module]:
    networks = nn.Sequential(nn.Linear(1, 4), nn.Tanh(), nn.Linear(4, 1)), nn.Linear(1, 1)
    for net, weights in zip(networks, (critic, made), strict=True):
        nn.utils.vector_to_parameters(weights.clone(), net.parameters())
    return networks


def _run_twice(one_round: Answer) -> Answer:
    """What becomes of all weights after each of two rounds."""

    @wraps(one_round)
    def run(critic: Tensor, made: Tensor, real: Tensor, latents: Tensor, bound: float) -> Tensor:
        nets = _networks(critic, made)
        rates = zip(nets, (0.3, 0.5), strict=True)
        optimizers = tuple(torch.optim.SGD(net.parameters(), lr) for net, lr in rates)
        found = []
        for x, z in zip(real.clone(), latents.clone(), strict=True):
            one_round(*nets, optimizers, x, z, bound)
            found += [nn.utils.parameters_to_vector(net.parameters()).detach() for net in nets]
        return torch.cat(found)

    return run


def _clamp(net: nn.Module, bound: float) -> None:
    with torch.no_grad():
        for p in net.parameters():
            p.clamp_(-bound, bound)


def _round(
    critic_loss: Callable[[Tensor, Tensor], Tensor] = lambda real, made: made.mean() - real.mean(),
    generator_loss: Callable[[Tensor], Tensor] = lambda made: -made.mean(),
    clip: str = "after",
    zero: str = "before",
    steps: Callable[[int], int] = lambda n: n,
    generator_each: bool = False,
    detached: bool = True,
    reaches: bool = True,
    fresh: bool = True,
) -> Round:
    """A round in which something is done differently."""

    def one_round(
        critic: nn.Module,
        generator: nn.Module,
        optimizers: Optimizers,
        real: Tensor,
        latents: Tensor,
        bound: float,
    ) -> None:
        n = len(real)

        def generator_step(z: Tensor) -> None:
            if zero != "generator's forgotten":
                optimizers[1].zero_grad()
            made = generator(z)
            loss = generator_loss(critic(made if reaches else made.detach()))
            loss.backward()  # type: ignore[no-untyped-call]
            optimizers[1].step()

        for k in range(steps(n)):
            if clip == "before":
                _clamp(critic, bound)
            if zero in ("before", "generator's forgotten"):
                optimizers[0].zero_grad()
            made = generator(latents[k])
            loss = critic_loss(critic(real[k]), critic(made.detach() if detached else made))
            loss.backward()  # type: ignore[no-untyped-call]
            if clip == "gradients":
                nn.utils.clip_grad_value_(critic.parameters(), bound)
            optimizers[0].step()
            if zero == "after":
                optimizers[0].zero_grad()
            if clip in ("after", "both"):
                _clamp(critic, bound)
            if generator_each:
                generator_step(latents[n])
        if clip == "last":
            _clamp(critic, bound)
        if not generator_each:
            generator_step(latents[n if fresh else n - 1])
        if clip == "both":
            _clamp(generator, bound)

    return one_round


_right = _round()


ONE_ROUND = Exercise(
    right=_right,
    cases=_game,
    run=_run_twice,
    mistakes=(
        Mistake(
            lambda *_: None,
            "아무 매개변수도 움직이지 않았습니다. backward 다음에 step을 부르십시오.",
            "No parameter has moved: call step after backward.",
        ),
        Mistake(
            _round(clip="none"),
            "가중치를 자르지 않았습니다. 비평자가 스텝을 할 때마다 bound 안으로 자릅니다.",
            "The weights are not clipped; clip them to the bound after each of the critic's steps.",
        ),
        Mistake(
            _round(clip="before"),
            "스텝 앞에서 잘랐습니다. 스텝이 가중치를 다시 bound 밖으로 보내므로 스텝 뒤에 자르십시오.",
            "Clipped before the step, which takes weights beyond the bound again; clip after it.",
        ),
        Mistake(
            _round(clip="last"),
            "마지막 비평자 스텝 뒤에만 잘랐습니다. 스텝마다 자릅니다.",
            "Clipped only after the last of the critic's steps; clip after each.",
        ),
        Mistake(
            _round(clip="gradients"),
            "기울기를 잘랐습니다(gradient clipping). WGAN은 가중치를 자릅니다.",
            "Gradients are clipped; a WGAN clips the weights.",
        ),
        Mistake(
            _round(clip="both"),
            "생성자의 가중치도 잘랐습니다. 비평자만 자릅니다.",
            "The generator's weights are clipped, too; only the critic's are.",
        ),
        Mistake(
            _round(steps=lambda n: 0),
            "비평자가 한 번도 움직이지 않았습니다. real의 배치마다 한 스텝입니다.",
            "The critic never moves; it makes one step for each batch of real.",
        ),
        Mistake(
            _round(steps=lambda n: 1),
            "비평자가 한 번만 움직였습니다. real의 배치마다 한 스텝입니다.",
            "The critic moves once only; it makes one step for each batch of real.",
        ),
        Mistake(
            _round(generator_each=True),
            "비평자의 스텝마다 생성자도 움직였습니다. 생성자는 라운드마다 한 번, 마지막에 움직입니다.",
            "The generator moves with each of the critic's steps; it moves once a round, at the end.",
        ),
        Mistake(
            _round(critic_loss=lambda real, made: real.mean() - made.mean()),
            "비평자의 부호가 반대입니다. 손실은 E f(x̃) - E f(x)입니다.",
            "The critic's sign is reversed: its loss is E f(x̃) - E f(x).",
        ),
        Mistake(
            _round(generator_loss=lambda made: made.mean()),
            "생성자의 부호가 반대입니다. 손실은 -E f(x̃)입니다.",
            "The generator's sign is reversed: its loss is -E f(x̃).",
        ),
        Mistake(
            _round(
                lambda real, made: F.softplus(-real).mean() + F.softplus(made).mean(),
                lambda made: F.softplus(-made).mean(),
            ),
            "GAN의 로그 손실입니다. WGAN은 점수의 평균을 그대로 씁니다.",
            "Those are a GAN's logarithms; a WGAN takes mean scores as they are.",
        ),
        Mistake(
            _round(zero="after"),
            "비평자의 기울기를 스텝 뒤에 지웠습니다. 생성자의 backward가 비평자에 남긴 기울기가 다음 "
            "라운드의 첫 스텝에 더해집니다. backward 앞에서 지우십시오.",
            "The critic's gradients are cleared after its step, and those that the generator's backward "
            "leaves in the critic are added to the next round's first step: clear them before backward.",
        ),
        Mistake(
            _round(zero="critic's forgotten"),
            "비평자의 기울기를 지우지 않아 스텝마다 쌓입니다. zero_grad를 부르십시오.",
            "The critic's gradients are never cleared and add up: call zero_grad.",
        ),
        Mistake(
            _round(zero="generator's forgotten"),
            "생성자의 기울기를 지우지 않아 라운드마다 쌓입니다. zero_grad를 부르십시오.",
            "The generator's gradients are never cleared and add up: call zero_grad.",
        ),
        Mistake(
            _round(zero="generator's forgotten", detached=False),
            "비평자의 손실에서 나온 기울기가 생성자에 쌓였습니다. 비평자의 스텝에서는 생성한 것을 "
            "detach하고, 생성자의 기울기도 지우십시오.",
            "Gradients of the critic's loss pile up in the generator: detach what is generated in the "
            "critic's step, and clear the generator's gradients, too.",
        ),
        Mistake(
            _round(reaches=False),
            "생성자가 움직이지 않았습니다. 생성자의 스텝에서는 생성한 것을 detach하지 않습니다. 기울기가 "
            "비평자를 지나 생성자로 가야 합니다.",
            "The generator never moves: in its own step what is generated must not be detached, as the "
            "gradient has to pass through the critic.",
        ),
        Mistake(
            _round(fresh=False),
            "생성자의 스텝에 비평자가 본 잠재 변수를 다시 썼습니다. 마지막 것 latents[-1]을 쓰십시오.",
            "The generator's step takes latents that the critic has seen; take the last ones, latents[-1].",
        ),
    ),
    hint=(
        "비평자의 스텝은 zero_grad, 손실, backward, step, 자르기의 순서입니다. 생성자의 스텝은 반복문 "
        "뒤에 한 번입니다.",
        "A step of the critic is zero_grad, loss, backward, step, clip, in this order. The generator's "
        "step comes once, after the loop.",
    ),
)


def check_one_round(answer: Round) -> CheckResult:
    """Exercise 14.3: some steps of a critic with clipped weights, then one of the generator.

    Args:
        answer: (critic, generator, optimizers, real, latents, bound): two networks and their optimizers,
            which it moves, n batches (n, B, 1) for the critic, n + 1 batches (n + 1, B, 1) for the
            generator, the last of them for its own step, and the largest absolute value of the critic's
            parameters.

    Example:
        >>> check_one_round(lambda critic, generator, optimizers, real, latents, bound: None)
        ✘ No parameter has moved: call step after backward.
    """
    return ONE_ROUND.check(answer)
