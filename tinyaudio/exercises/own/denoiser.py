r"""Your own denoiser: the starter file, and what shows that it is one.

    x_t = \sqrt{\bar\alpha} x_0 + \sqrt{1 - \bar\alpha} \epsilon

    v = \sqrt{\bar\alpha} \epsilon - \sqrt{1 - \bar\alpha} x_0

Implements: `SYSTEM`, the exercise ``own-denoiser``.
See:        chapter 18, "Diffusion from scratch".
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.compare import Calls
from tinyaudio.exercises.own.file import FUNCTIONS, OwnFile
from tinyaudio.exercises.own.losses import Wrong, loss_value
from tinyaudio.exercises.own.properties import (
    all_move,
    mixes_clips,
    randomized,
    shape_fault,
    shapes,
)
from tinyaudio.exercises.own.system import Suspect, System, agreement
from tinyaudio.language import tr
from tinyaudio.models.ddpm_unet import DDPMUNet, DDPMUNetConfig
from tinyaudio.represent.compressed_stft import to_image
from tinyaudio.train import EMA, Batch, Learner, warmup

TINY = DDPMUNetConfig(
    width=8, multipliers=(1, 2), n_blocks=1, attention=(1,), groups=4, patch=(2, 1)
)


def check(own: OwnFile, shipped: nn.Module) -> Iterator[CheckResult]:
    """Shapes, the step of each image, images apart from each other, the loss, gradients, equal predictions."""
    assert isinstance(shipped, DDPMUNet)
    net = randomized(own.build(TINY))
    x, t = torch.randn(3, 2, 9, 5), torch.tensor([10.0, 500.0, 990.0])
    made = net(x, t)
    yield shapes(
        [
            shape_fault("forward(x, t)", made, (3, 2, 9, 5)),
            shape_fault("forward(x, t)", net(x[..., :4], t), (3, 2, 9, 4)),
        ],
        "(B, C, H, W) → (B, C, H, W)",
    )
    yield steps(net, x, t)
    if mixes_clips(net.train(), x, t):
        yield CheckResult(
            False,
            tr(
                "한 그림의 예측이 배치의 다른 그림에 따라 변합니다. 배치 정규화 말고 그룹 정규화를 쓰십시오.",
                "An image's prediction changes with the other images of its batch: normalize over groups,"
                " not over the batch.",
            ),
        )
    alpha_bar = torch.tensor([0.9, 0.5, 0.1])
    given = (
        lambda x_t, t: 0.5 * x_t + t[:, None, None, None] / 999,
        x,
        torch.randn_like(x),
        alpha_bar,
        t,
    )
    yield loss_value("denoising_loss", own.function("denoising_loss"), right_loss, given, WRONG)
    loss = own.function("denoising_loss")(net, x, torch.randn_like(x), alpha_bar, t)
    yield all_move(net, loss, "denoising_loss")
    x, t = torch.randn(1, 2, 40, 30), torch.tensor([321.5])
    yield from agreement(own, shipped.config, shipped, (x, t), SUSPECTS)


def steps(net: nn.Module, x: Tensor, t: Tensor) -> CheckResult:
    """Whether a prediction depends on its own image's step, and on no other's."""
    with torch.no_grad():
        made, other = net(x, t), net(x, t + torch.tensor([0.0, 100.0, 0.0]))
    moved = [
        not torch.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(made, other, strict=True)
    ]
    if not any(moved):
        return CheckResult(
            False,
            tr(
                "예측이 t에 따라 변하지 않습니다. 단계의 임베딩을 블록마다 더하십시오.",
                "The predictions do not change with t: add the embedding of the step in every block.",
            ),
        )
    if moved != [False, True, False]:
        return CheckResult(
            False,
            tr(
                "한 그림의 예측이 다른 그림의 t에 따라 변합니다.",
                "An image's prediction changes with another image's t.",
            ),
        )
    return CheckResult(
        True,
        tr(
            "예측은 그 그림의 t에 따라 변합니다.", "Each prediction changes with its own image's t."
        ),
    )


def coefficients(alpha_bar: Tensor, power: float = 0.5) -> tuple[Tensor, Tensor]:
    """The factors of signal and noise."""
    column = alpha_bar[:, None, None, None]
    return column**power, (1 - column) ** power


def right_loss(
    network: Any, x_0: Tensor, noise: Tensor, alpha_bar: Tensor, t: Tensor, power: float = 0.5,
    target: Callable[..., Tensor] = lambda a, b, x_0, noise: a * noise - b * x_0,
) -> Tensor:  # fmt: skip
    """The loss; the keywords make the usual mistakes."""
    a, b = coefficients(alpha_bar, power)
    return (network(a * x_0 + b * noise, t) - target(a, b, x_0, noise)).square().mean()


WRONG = (
    Wrong(
        partial(right_loss, target=lambda a, b, x_0, noise: noise),
        "잡음(ε)을 맞히고 있습니다. v를 맞히십시오.",
        "It predicts the noise; it should predict v.",
    ),
    Wrong(
        partial(right_loss, target=lambda a, b, x_0, noise: x_0),
        "깨끗한 그림(x_0)을 맞히고 있습니다. v를 맞히십시오.",
        "It predicts the clean image; it should predict v.",
    ),
    Wrong(
        partial(right_loss, target=lambda a, b, x_0, noise: a * x_0 - b * noise),
        "v에서 x_0과 잡음이 뒤바뀌었습니다.",
        "x_0 and the noise are swapped in v.",
    ),
    Wrong(
        partial(right_loss, power=1.0),
        "제곱근이 없습니다. 신호에는 √ᾱ, 잡음에는 √(1 - ᾱ)를 곱합니다.",
        "The roots are missing: the signal is multiplied by sqrt(alpha-bar), the noise by sqrt(1 - alpha-bar).",
    ),
)


def without_step(name: str, calls: Calls, net: DDPMUNet) -> Tensor:
    """What goes into a block's second norm where the step is not added."""
    h = calls[name.replace("norm_2", "conv_1")][1]
    assert h is not None
    return h


def without_silu(name: str, calls: Calls, net: DDPMUNet) -> Tensor:
    """What a block's linear layer takes if the embedding does not pass a SiLU."""
    step = calls["step.2"][1]
    assert step is not None
    return step


def swapped_skip(name: str, calls: Calls, net: DDPMUNet) -> Tensor:
    """What a block of the way up takes if the skip stands before h."""
    x = calls[name][0]
    assert x is not None
    n = net.config.widths[-1]
    return torch.cat([x[:, n:], x[:, :n]], dim=1)


def unscaled(name: str, calls: Calls, net: DDPMUNet) -> Tensor:
    """What goes into an attention's last layer if the products are not divided by the root of C."""
    found = calls[name.replace(".out", ".query_key_value")][1]
    assert found is not None
    q, k, v = found.flatten(2).mT.chunk(3, dim=2)
    return (torch.softmax(q @ k.mT, dim=2) @ v).mT.unflatten(2, found.shape[2:])


SUSPECTS = (
    Suspect(
        "*.norm_2",
        "input",
        without_step,
        "블록에 단계의 임베딩이 더해지지 않았습니다.",
        "The step's embedding is not added in this block.",
    ),
    Suspect(
        "*.step",
        "input",
        without_silu,
        "블록의 선형층 앞에서 임베딩이 SiLU를 지나야 합니다.",
        "Before a block's linear layer, the embedding passes a SiLU.",
    ),
    Suspect(
        "*.out",
        "input",
        unscaled,
        "어텐션의 내적을 √C로 나누지 않았습니다.",
        "The attention's products are not divided by the root of C.",
    ),
    Suspect(
        "up.0.0.norm_1",
        "input",
        swapped_skip,
        "이어 붙이는 순서가 반대입니다. h가 앞, 내려오는 길의 출력이 뒤입니다.",
        "The parts are joined in the other order: h stands first, the way down's output second.",
    ),
)


def learners(own: OwnFile, config: Any) -> list[Learner]:
    """The reader's network by the reader's loss, under the noise that the package draws."""
    net, time = own.build(config.model).train(), config.diffusion.time
    mine = own.function("denoising_loss")

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        x_0 = to_image(batch["audio"], config.image)
        alpha_bar, t = time.draw(len(x_0))
        return mine(net, x_0, torch.randn_like(x_0), alpha_bar.to(x_0), t.to(x_0)), {}

    adam, ema = torch.optim.Adam(net.parameters(), config.learning_rate), EMA(net, 0.99)
    return [Learner("net", net, loss, adam, schedule=warmup(50), max_grad_norm=1.0, ema=ema)]


SYSTEM = System(
    name="own-denoiser",
    shipped="ddpm-drums",
    network="net",
    check=check,
    learners=learners,
    score="loss",
    keywords={"seeds": (0, 1, 2, 3), "sampler": "dpm-solver", "sampling_steps": 20},
    functions=(*FUNCTIONS, "denoising_loss"),
)
