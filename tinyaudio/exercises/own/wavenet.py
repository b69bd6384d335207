r"""Your own WaveNet: the starter file, and what shows that it is one.

    p(x_t | x_{<t}, y):   the logits of sample t depend on samples before t, on R of them, and on no other

Implements: `SYSTEM`, the exercise ``own-wavenet``.
See:        chapters 5 and 6, "WaveNet" and "Conditioning and the mel vocoder".
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.exercises.check_result import CheckResult
from tinyaudio.exercises.own.causality import causal
from tinyaudio.exercises.own.compare import Calls
from tinyaudio.exercises.own.file import OwnFile
from tinyaudio.exercises.own.properties import (
    all_move,
    mixes_clips,
    randomized,
    shape_fault,
    shapes,
)
from tinyaudio.exercises.own.system import Suspect, System, agreement
from tinyaudio.language import tr
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.gated import GatedLayer, shift
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.objectives.likelihood import bits_per_sample, corrupt_history
from tinyaudio.represent import mulaw
from tinyaudio.train import EMA, Batch, Learner, warmup

TINY = WaveNetConfig(
    n_levels=64,
    stacks=1,
    layers=3,
    residual_channels=6,
    gate_channels=5,
    skip_channels=7,
    condition=ConditionConfig(n_classes=(3, 9), channels=4),
)


def check(own: OwnFile, shipped: nn.Module) -> Iterator[CheckResult]:
    """Shapes, causality and receptive field, clips apart from each other, gradients, equal logits."""
    assert isinstance(shipped, WaveNet)
    net = randomized(own.build(TINY))
    codes, classes = torch.randint(64, (3, 20)), torch.tensor([[0, 8], [1, 0], [2, 5]])
    logits = net(codes, classes)
    yield shapes([shape_fault("forward(codes, classes)", logits, (3, 64, 20))], "(B, n_levels, T)")
    yield causal(net, TINY)
    if mixes_clips(net.train(), codes, classes):
        yield CheckResult(
            False,
            tr(
                "한 클립의 로짓이 배치의 다른 클립에 따라 변합니다. 배치 정규화를 쓰지 않았습니까?",
                "A clip's logits change with the other clips of its batch; is there batch normalization?",
            ),
        )
    same = torch.equal(net(codes[:1], classes[:1]), net(codes[:1], classes[1:2]))
    yield CheckResult(
        not same,
        tr("로짓이 classes에 따라 변하지 않습니다.", "The logits do not change with the classes.")
        if same
        else tr(
            "로짓이 악기와 음높이에 따라 변합니다.", "The logits change with family and pitch."
        ),
    )
    yield all_move(net, net(codes, classes).square().sum())
    codes, classes = torch.randint(256, (1, 300)), torch.tensor([[2, 67]])
    given = (codes, Condition(classes=classes))
    yield from agreement(own, shipped.config, shipped, (codes, classes), SUSPECTS, given)


# ---------------------------------------------------------------------------- typical mistakes


def layer_of(name: str) -> int:
    """The number in ``layers.3.residual``."""
    return int(name.split(".")[1])


def halves(name: str, calls: Calls) -> tuple[Tensor, Tensor]:
    """What the tanh and the sigmoid of a layer are taken of in the right network, the condition included."""
    i = layer_of(name)
    gates, offsets = calls[f"layers.{i}.gate"][1], calls["conditioner.offsets"][1]
    assert gates is not None and offsets is not None
    width = gates.shape[2]
    f, g = (gates + offsets[:, :, i * width : (i + 1) * width]).chunk(2, dim=2)
    return f, g


def swapped(name: str, calls: Calls, net: WaveNet) -> Tensor:
    """The product z with the tanh and the sigmoid in each other's place."""
    f, g = halves(name, calls)
    return f.sigmoid() * g.tanh()


def two_tanh(name: str, calls: Calls, net: WaveNet) -> Tensor:
    """The product z with a tanh for a gate."""
    f, g = halves(name, calls)
    return f.tanh() * g.tanh()


def scaled(name: str, calls: Calls, net: WaveNet) -> Tensor:
    """A layer's gates where the sum x + R z was divided by the root of two."""
    gate, taps = net.get_submodule(name), calls[name][0]
    assert taps is not None
    return gate(taps * 0.5**0.5)


def without_x(name: str, calls: Calls, net: WaveNet) -> Tensor:
    """A layer's gates where R z alone went into it."""
    layer, before = net.get_submodule(f"layers.{layer_of(name)}"), layer_of(name) - 1
    r = calls[f"layers.{before}.residual"][1]
    assert isinstance(layer, GatedLayer) and r is not None
    return layer.gate(torch.cat([*(shift(r, d) for d in layer.delays), r], dim=2))


SUSPECTS = (
    Suspect(
        "layers.*.residual",
        "input",
        swapped,
        "게이트가 뒤바뀌었습니다. 위의 절반이 tanh, 아래의 절반이 sigmoid입니다.",
        "The gates are swapped: tanh is of the upper half, sigmoid of the lower.",
    ),
    Suspect(
        "layers.*.residual",
        "input",
        two_tanh,
        "게이트가 tanh입니다. sigmoid이어야 합니다.",
        "The gate is a tanh; it should be a sigmoid.",
    ),
    Suspect(
        "layers.[!0]*.gate",
        "output",
        scaled,
        "다음 층에 들어가는 x + R z에 0.707이 곱해져 있습니다. 2016년의 WaveNet은 곱하지 않습니다.",
        "What goes into the next layer, x + R z, is multiplied by 0.707; the WaveNet of 2016 does not do that.",
    ),
    Suspect(
        "layers.[!0]*.gate",
        "output",
        without_x,
        "잔차 연결이 없습니다. 다음 층에는 R z가 아니라 x + R z가 들어갑니다.",
        "The residual connection is missing: the next layer gets x + R z, not R z alone.",
    ),
)


def learners(own: OwnFile, config: Any) -> list[Learner]:
    """The reader's network by maximum likelihood, as `tinyaudio.recipes.wavenet` trains its own."""
    net = own.build(config.model).train()
    n_levels = config.model.n_levels

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        codes = mulaw.encode(batch["audio"].squeeze(1), n_levels)
        history = corrupt_history(codes, n_levels, config.history_noise)
        return bits_per_sample(net(history, batch["classes"]), codes), {}

    adam = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    return [
        Learner("net", net, loss, adam, schedule=warmup(20), max_grad_norm=1.0, ema=EMA(net, 0.98))
    ]


SYSTEM = System(
    name="own-wavenet",
    shipped="wavenet-notes",
    network="net",
    check=check,
    learners=learners,
    score="bits_per_sample",
    settings={"n_samples": 2_048, "n_context": 0},
    keywords={"seconds": 1.0, "family": "organ", "pitch": 67},
)
