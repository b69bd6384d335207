r"""Your own critic: the starter file, and what shows that it is one.

    L = E f(\tilde x) - E f(x) + 10 E (\|\nabla f(\hat x)\| - 1)^2

Implements: `SYSTEM`, the exercise ``own-critic``.
See:        chapter 14, the earth mover's distance.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.compare import Calls
from tinyaudio.exercises.own.file import FUNCTIONS, OwnFile
from tinyaudio.exercises.own.frechet import frechet_db
from tinyaudio.exercises.own.losses import Wrong, gradients_stay, loss_value
from tinyaudio.exercises.own.properties import (
    all_move,
    gradient_of,
    mixes_clips,
    randomized,
    shape_fault,
    shapes,
)
from tinyaudio.exercises.own.system import Suspect, System, agreement
from tinyaudio.language import tr
from tinyaudio.models.wavegan import Critic, Generator, WaveGANConfig
from tinyaudio.objectives.adversarial import gradient_penalty
from tinyaudio.train import EMA, Batch, Learner

PENALTY_WEIGHT = 10.0

TINY = WaveGANConfig(n_latents=3, width=2, n_layers=2, shuffle=0)


def check(own: OwnFile, shipped: nn.Module) -> Iterator[CheckResult]:
    """Shapes, no bound, clips apart from each other, both losses and their gradients, equal scores."""
    assert isinstance(shipped, Critic)
    net, generator = randomized(own.build(TINY)).train(), randomized(Generator(TINY), 1).train()
    audio = torch.rand(4, 1, TINY.n_samples) * 2 - 1
    scores = net(audio)
    yield shapes([shape_fault("forward(audio)", scores, (4,))], "(B, 1, T) → (B,)")
    if mixes_clips(net, audio):
        yield CheckResult(
            False,
            tr(
                "한 클립의 점수가 배치의 다른 클립에 따라 변합니다. 배치 정규화를 빼십시오. 그래디언트 페널티는"
                " 클립마다의 기울기에 대한 것입니다.",
                "A clip's score changes with the other clips of its batch: leave batch normalization out."
                " The penalty is on the gradient of each clip by itself.",
            ),
        )
    yield CheckResult(True, tr("점수는 클립마다 따로입니다.", "Every clip is scored by itself."))
    large = net(50 * audio)
    if bool(((large >= -1) & (large <= 1)).all()):
        yield CheckResult(
            False,
            tr(
                "점수가 갇혀 있습니다. 비평자의 끝에는 sigmoid도 tanh도 없습니다.",
                "The scores are bounded: a critic ends in no sigmoid and no tanh.",
            ),
        )
    yield all_move(net, net(audio).square().sum())
    latents, mix = torch.rand(4, TINY.n_latents) * 2 - 1, torch.rand(4)
    given = (net, generator, audio, latents, mix)
    flat = scaled(
        randomized(own.build(TINY)).train(), 0.3
    )  # its slopes are below 1, those of the other above
    for critic in (flat, net):
        result = loss_value(
            "critic_loss", own.function("critic_loss"), right_loss, (critic, *given[1:]), WRONG
        )
        if critic is net or not result:
            yield result
    loss = own.function("critic_loss")(*given)
    right = gradient_of(right_loss(*given), [*net.parameters()])
    yield gradients_stay("critic_loss", loss, net, generator, right)
    yield loss_value(
        "generator_loss",
        own.function("generator_loss"),
        lambda critic, generator, latents: -critic(generator(latents)).mean(),
        (net, generator, latents),
        GENERATOR_WRONG,
    )
    loss = own.function("generator_loss")(net, generator, latents)
    yield all_move(generator, loss, "generator_loss")
    yield shuffled(own)
    audio = torch.rand(2, 1, shipped.config.n_samples) * 2 - 1
    yield from agreement(own, shipped.config, shipped, (audio,), SUSPECTS)


def shuffled(own: OwnFile) -> CheckResult:
    """Whether the phases are shuffled while training, and only then."""
    net = randomized(own.build(replace(TINY, shuffle=2)))
    audio = torch.rand(4, 1, TINY.n_samples) * 2 - 1
    if not torch.equal(net(audio), net(audio)):
        return CheckResult(
            False,
            tr(
                "eval()에서도 점수가 매번 다릅니다. phase_shuffle은 self.training일 때만 합니다.",
                "In eval() the scores differ from call to call: phase_shuffle is for self.training only.",
            ),
        )
    net.train()
    if torch.equal(net(audio), net(audio)):
        return CheckResult(
            False,
            tr(
                "학습할 때 phase_shuffle이 없습니다. 같은 클립의 점수가 매번 조금씩 달라야 합니다.",
                "There is no phase_shuffle in training: a clip's score should change a little each time.",
            ),
        )
    return CheckResult(
        True, tr("위상은 학습할 때만 섞입니다.", "Phases are shuffled in training, and only then.")
    )


@torch.no_grad()
def scaled(net: nn.Module, factor: float) -> nn.Module:
    """A network with all its weights multiplied."""
    for parameter in net.parameters():
        parameter.mul_(factor)
    return net


def right_loss(
    critic: nn.Module,
    generator: nn.Module,
    real: Tensor,
    latents: Tensor,
    mix: Tensor,
    one_sided: bool = False,
    at: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor, Tensor]] = lambda *parts: parts,
) -> Tensor:
    """The loss; the keywords make the usual mistakes of its penalty."""
    with torch.no_grad():
        made = generator(latents)
    a, b, m = at(real, made, mix)
    penalty = gradient_penalty(critic, a, b, m, one_sided=one_sided)
    return critic(made).mean() - critic(real).mean() + PENALTY_WEIGHT * penalty


def upside_down(critic: Any, generator: Any, real: Tensor, latents: Tensor, mix: Tensor) -> Tensor:
    """The loss with the sign of the distance turned."""
    distance = critic(real).mean() - critic(generator(latents)).mean()
    return right_loss(critic, generator, real, latents, mix) + 2 * distance


WRONG = (
    Wrong(
        upside_down,
        "부호가 뒤바뀌었습니다. 비평자는 진짜의 점수를 올리고 생성된 것의 점수를 내립니다.",
        "The sign is turned: the critic raises the scores of real clips and lowers those of generated ones.",
    ),
    Wrong(
        partial(right_loss, one_sided=True),
        "페널티가 1보다 가파른 쪽에만 있습니다. 1보다 완만해도 페널티를 주십시오.",
        "The penalty is on slopes above 1 only; it is on those below, too.",
    ),
    Wrong(
        partial(right_loss, at=lambda real, made, mix: (made, real, mix)),
        "m과 1 - m이 뒤바뀌었습니다. m은 진짜 클립의 몫입니다.",
        "m and 1 - m are swapped: m is the share of the real clip.",
    ),
    Wrong(
        partial(right_loss, at=lambda real, made, mix: (real, real, mix)),
        "기울기를 진짜 클립에서 쟀습니다. 진짜와 생성된 것의 사이, m x + (1 - m) G(z)에서 재십시오.",
        "The slope is taken at the real clips; take it between real and generated, at m x + (1 - m) G(z).",
    ),
)
GENERATOR_WRONG = (
    Wrong(
        lambda critic, generator, latents: critic(generator(latents)).mean(),
        "부호가 뒤바뀌었습니다. 생성자는 점수를 올립니다.",
        "The sign is turned: the generator raises its scores.",
    ),
)


def leaky(slope: float) -> Callable[[str, Calls, nn.Module], Tensor]:
    """What goes into a layer if the leaky ReLU before it has another slope."""

    def value(name: str, calls: Calls, net: nn.Module) -> Tensor:
        before = calls[f"layers.{int(name.split('.')[1]) - 1}"][1]
        assert before is not None
        return F.leaky_relu(before, slope)

    return value


SUSPECTS = tuple(
    Suspect(
        "layers.[!0]*",
        "input",
        leaky(slope),
        f"leaky ReLU의 기울기가 {slope}입니다. 0.2이어야 합니다.",
        f"The slope of the leaky ReLU is {slope}; it should be 0.2.",
    )
    for slope in (0.0, 0.01, 0.1)
)


def learners(own: OwnFile, config: Any) -> list[Learner]:
    """The reader's critic and losses, and the package's generator."""
    critic, generator = own.build(config.model).train(), Generator(config.model)
    c_loss, g_loss = own.function("critic_loss"), own.function("generator_loss")

    def latents(batch: Batch) -> Tensor:
        return 2 * torch.rand(len(batch["audio"]), config.model.n_latents) - 1

    def for_critic(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        real = batch["audio"]
        return c_loss(critic, generator, real, latents(batch), torch.rand(len(real))), {}

    def for_generator(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return g_loss(critic, generator, latents(batch)), {}

    adam = partial(torch.optim.Adam, lr=config.learning_rate, betas=(0.5, 0.9))
    ema = EMA(generator, 0.99)
    return [
        Learner("critic", critic, for_critic, adam(critic.parameters())),
        Learner("generator", generator, for_generator, adam(generator.parameters()), ema=ema),
    ]


SYSTEM = System(
    name="own-critic",
    shipped="wavegan-drums",
    network="critic",
    check=check,
    learners=learners,
    score="frechet_db",
    keywords={"seeds": (0, 1, 2, 3)},
    functions=(*FUNCTIONS, "critic_loss", "generator_loss"),
    measure=frechet_db,
)
