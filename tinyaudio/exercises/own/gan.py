r"""Your own spectrogram GAN: the starter file, and what shows that it is one.

    L_D = E softplus(D(\tilde x) - D(x)) + \frac{1}{2} (R_1 + R_2),   L_G = E softplus(D(x) - D(\tilde x))

Implements: `SYSTEM`, the exercise ``own-gan``.
See:        chapter 16, "GANSynth".
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.compare import Calls
from tinyaudio.exercises.own.file import FUNCTIONS, OwnFile
from tinyaudio.exercises.own.losses import Wrong, gradients_stay, loss_value
from tinyaudio.exercises.own.properties import (
    all_move,
    mixes_clips,
    randomized,
    shape_fault,
    shapes,
)
from tinyaudio.exercises.own.system import Suspect, System, agreement
from tinyaudio.language import tr
from tinyaudio.models import gansynth_small
from tinyaudio.models.gansynth_small import Discriminator, GANSynthSmallConfig, Generator
from tinyaudio.objectives.relativistic import gradient_square
from tinyaudio.represent.gansynth_image import RANGE, to_image
from tinyaudio.train import EMA, Batch, Learner, warmup

TINY = GANSynthSmallConfig(
    n_timbre=4, channels=(6, 5, 4, 3, 2), discriminator_channels=(2, 3, 4, 3)
)


def check(own: OwnFile, shipped: nn.Module) -> Iterator[CheckResult]:
    """Shapes and ranges, notes apart from each other, pitch, both losses and their gradients, equal images."""
    assert isinstance(shipped, Generator)
    net, discriminator = randomized(own.build(TINY)).train(), randomized(Discriminator(TINY), 1)
    latents, pitch = torch.randn(3, TINY.n_latents), torch.tensor([48, 60, 71])
    images = net(latents, pitch)
    yield shapes(
        [shape_fault("forward(latents, pitch)", images, (3, 2, 32, 256))], "(B, 2, 32, 256)"
    )
    for channel, largest, name in ((0, 1.0, "log magnitude"), (1, RANGE, "IF")):
        if float(images[:, channel].detach().abs().max()) > largest + 1e-5:
            yield CheckResult(
                False,
                tr(
                    f"{name} 채널이 ±{largest:.2g}를 벗어납니다.",
                    f"The channel of {name} leaves its range of ±{largest:.2g}.",
                ),
            )
    if mixes_clips(net, latents, pitch):
        yield CheckResult(
            False,
            tr(
                "한 음의 그림이 배치의 다른 음에 따라 변합니다. pixel_norm은 채널에 대한 것이고, 배치 정규화는 "
                "쓰지 않습니다.",
                "A note's image changes with the other notes of its batch: pixel_norm is over channels, and"
                " there is no batch normalization.",
            ),
        )
    same = torch.equal(net(latents[:1], pitch[:1]), net(latents[:1], pitch[1:2]))
    yield CheckResult(
        not same,
        tr("그림이 음높이에 따라 변하지 않습니다.", "The images do not change with the pitch.")
        if same
        else tr(
            "그림은 잠재 벡터와 음높이에 따라, 음마다 따로 만들어집니다.",
            "Every note is made by itself, of its latents and its pitch.",
        ),
    )
    yield all_move(net, net(latents, pitch).square().sum())
    real = torch.rand(3, 2, 32, 256) - 0.5
    given = (discriminator, net, real, pitch, latents)
    mine = own.function("discriminator_loss"), own.function("generator_loss")
    yield loss_value("discriminator_loss", mine[0], right_discriminator, given, D_WRONG)
    right = torch.autograd.grad(right_discriminator(*given), [*discriminator.parameters()])
    yield gradients_stay("discriminator_loss", mine[0](*given), discriminator, net, right)
    yield loss_value("generator_loss", mine[1], right_generator, given, G_WRONG)
    yield all_move(net, mine[1](*given), "generator_loss")
    latents, pitch = torch.randn(2, shipped.config.n_latents), torch.tensor([52, 67])
    yield from agreement(own, shipped.config, shipped, (latents, pitch), SUSPECTS)


def right_discriminator(
    D: Any,
    G: Any,
    real: Tensor,
    pitch: Tensor,
    z: Tensor,
    weight: float = 0.5,
    turned: bool = False,
) -> Tensor:
    """L_D; with another weight of the penalties, or with real and generated swapped."""
    made = G(z, pitch).detach().requires_grad_()
    real = real.clone().requires_grad_()
    d_real, d_made = D(real, pitch), D(made, pitch)
    penalty = gradient_square(d_real, real) + gradient_square(d_made, made)
    difference = d_real - d_made if turned else d_made - d_real
    return F.softplus(difference).mean() + weight * penalty


def right_generator(D: Any, G: Any, real: Tensor, pitch: Tensor, z: Tensor) -> Tensor:
    """L_G."""
    return F.softplus(D(real, pitch) - D(G(z, pitch), pitch)).mean()


D_WRONG = (
    Wrong(
        partial(right_discriminator, turned=True),
        "진짜와 생성된 것이 뒤바뀌었습니다. 판별자는 진짜를 위에 둡니다.",
        "Real and generated are swapped: the discriminator puts the real one above.",
    ),
    Wrong(
        partial(right_discriminator, weight=0.0),
        "R1과 R2가 없습니다.",
        "R1 and R2 are missing.",
    ),
    Wrong(
        partial(right_discriminator, weight=1.0),
        "R1 + R2에 1/2이 곱해져 있지 않습니다.",
        "The 1/2 before R1 + R2 is missing.",
    ),
)
G_WRONG = (
    Wrong(
        lambda D, G, real, pitch, z: F.softplus(D(G(z, pitch), pitch) - D(real, pitch)).mean(),
        "진짜와 생성된 것이 뒤바뀌었습니다. 생성자는 자신의 그림을 위에 두려 합니다.",
        "Real and generated are swapped: the generator wants its own image above.",
    ),
    Wrong(
        lambda D, G, real, pitch, z: F.softplus(-D(G(z, pitch), pitch)).mean(),
        "진짜의 점수가 없습니다. 이 손실은 짝을 비교합니다.",
        "The real score is missing: this loss compares pairs.",
    ),
)


def unscaled(name: str, calls: Calls, net: gansynth_small.Generator) -> Tensor:
    """What goes into the first layer where the one-hot pitch is not multiplied by sqrt(P)."""
    x = calls[name][0]
    assert x is not None
    n, P = net.config.n_timbre, net.config.n_pitches
    return torch.cat([x[:, :n], x[:, n:] / P**0.5], dim=1)


def raw_noise(name: str, calls: Calls, net: gansynth_small.Generator) -> Tensor:
    """What goes into the join where the maps of the template were not used."""
    x, bins = calls[name][0], calls["bins"][1]
    assert x is not None and bins is not None
    columns = bins.unflatten(1, (-1, 8)).permute(0, 1, 3, 4, 2).flatten(3)
    return torch.cat([columns.chunk(4, dim=1)[0], x[:, -2:]], dim=1)


SUSPECTS = (
    Suspect(
        "dense",
        "input",
        unscaled,
        "음높이의 원-핫에 √P가 곱해져 있지 않습니다.",
        "The one-hot pitch is not multiplied by the root of P.",
    ),
    Suspect(
        "join",
        "input",
        raw_noise,
        "템플릿의 지도가 곱해지지 않았습니다.",
        "The template's maps are not multiplied in.",
    ),
)


def learners(own: OwnFile, config: Any) -> list[Learner]:
    """The reader's generator and losses, and the package's discriminator."""
    discriminator, generator = Discriminator(config.model), own.build(config.model).train()
    losses = own.function("discriminator_loss"), own.function("generator_loss")

    def parts(batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        z = torch.randn(len(batch["pitch"]), config.model.n_latents)
        return to_image(batch["audio"], config.model.image), batch["pitch"], z

    def for_discriminator(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return losses[0](discriminator, generator, *parts(batch)), {}

    def for_generator(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        return losses[1](discriminator, generator, *parts(batch)), {}

    adam = partial(torch.optim.Adam, lr=config.learning_rate, betas=(0.0, 0.99))
    pairs = (
        ("discriminator", discriminator, for_discriminator, None),
        ("generator", generator, for_generator, EMA(generator, 0.98)),
    )
    return [
        Learner(name, net, loss, adam(net.parameters()), schedule=warmup(50), ema=ema)
        for name, net, loss, ema in pairs
    ]


SYSTEM = System(
    name="own-gan",
    shipped="gansynth-small",
    network="generator",
    check=check,
    learners=learners,
    score="level_db",
    keywords={"seeds": (0, 1), "pitch": 60},
    functions=(*FUNCTIONS, "discriminator_loss", "generator_loss"),
)
