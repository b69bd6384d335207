"""What the recipes of a WaveNet share: `wavenet` for notes, `speech`, and `vocoder`.

They differ in their sound and in what the network is told of it; it learns and is scored alike.

See:        chapter 5, "WaveNet", and chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.objectives.exposure import disturbed
from tinyaudio.objectives.likelihood import bits_per_sample
from tinyaudio.recipes.autoregressive import mean_loss
from tinyaudio.represent import mulaw
from tinyaudio.train import EMA, Batch, Learner, Loss, State, cosine


@dataclass(frozen=True)
class Training:
    """What makes a run; a run resumes only under the same configuration."""

    model: WaveNetConfig
    sample_rate: int = field(default=16_000, metadata={"help": "rate to learn and play at, in Hz"})
    n_samples: int = field(
        default=4_096, metadata={"help": "length of a training crop, in samples"}
    )
    batch_size: int = field(default=8, metadata={"help": "crops a step, over all processes"})
    steps: int = field(default=400, metadata={"help": "steps to train for"})
    warmup_steps: int = field(
        default=50, metadata={"help": "steps in which the learning rate rises"}
    )
    learning_rate: float = field(default=4e-3, metadata={"help": "of Adam, at its highest"})
    ema_decay: float = field(
        default=0.98, metadata={"help": "of the average that plays, in [0, 1)"}
    )
    input_noise: float = field(
        default=6.0,
        metadata={"help": "noisiest past that it learns from, in codes, so that it may be drawn"},
    )
    input_echo: float = field(
        default=0.0,
        metadata={
            "help": "largest share of that noise that comes back, a dilation later, in [0, 1]"
        },
    )
    input_gain: float = field(
        default=0.0,
        metadata={"help": "faintest past that it learns from, in dB below the true level"},
    )
    undisturbed: float = field(
        default=0.25, metadata={"help": "share of clips whose past is left as it is, in [0, 1)"}
    )
    seed: int = field(
        default=0, metadata={"help": "decides initial weights, crops and their order"}
    )


# Numbers of a training that a GPU does in a day or two; ours, since the paper leaves them open.
ON_A_GPU: dict[str, Any] = {
    "n_samples": 16_000,
    "batch_size": 16,
    "steps": 100_000,
    "warmup_steps": 1_000,
    "learning_rate": 1e-3,
    "ema_decay": 0.999,
}


def told(batch: Batch) -> Condition | None:
    """What is known of a batch, under the names of `Condition`; it may be nothing."""
    known = {
        name: batch[name] for name in ("classes", "frames", "cycles", "samples") if name in batch
    }
    return Condition(**known) if known else None


def periods(batch: Batch, net: WaveNet) -> Tensor | None:
    """How many samples a cycle of each clip's oscillator takes; None if it has none."""
    if "cycles" not in batch or net.conditioner is None:
        return None
    turns = batch["cycles"][..., 1].nanmedian(dim=1).values.nan_to_num(0)  # a frame; off it is NaN
    return net.conditioner.config.hop_length / turns.clamp(min=1e-2)


def loss_of(
    net: WaveNet,
    input_noise: float = 0.0,
    undisturbed: float = 0.0,
    input_echo: float = 0.0,
    input_gain: float = 0.0,
) -> Loss:
    """Bits a sample that the network needs for ``audio`` (B, 1, T), told what is known of it.

    Args:
        net: Column t of its output depends on codes before t only.
        input_noise: The past, but not what is to be predicted, can be disturbed, see
            `tinyaudio.objectives.exposure`: by noise of up to so many codes,
        undisturbed: but not in this share of clips;
        input_echo: up to this share of the noise comes back,
        input_gain: and the level can be wrong by up to so many decibels.
    """
    n_levels = net.config.n_levels
    # A layer of dilation d hears the sample d before the last one, which is 1 before the next.
    lags = [d + 1 for d in net.config.dilations]

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        audio = batch["audio"].squeeze(1)
        past = codes = mulaw.encode(audio, n_levels)  # (B, T)
        if input_noise or input_gain:
            past = disturbed(
                audio,
                n_levels,
                noise=input_noise,
                echo=input_echo,
                lags=lags,
                periods=periods(batch, net),
                gain_db=input_gain,
                undisturbed=undisturbed,
            )
        return bits_per_sample(net(past, told(batch)), codes), {}

    return loss


def build(config: Training) -> State:
    """A network that knows nothing yet, and what will teach it."""
    torch.manual_seed(config.seed)
    net = WaveNet(config.model)
    learner = Learner(
        "net",
        net,
        loss_of(net, config.input_noise, config.undisturbed, config.input_echo, config.input_gain),
        torch.optim.Adam(net.parameters(), lr=config.learning_rate),
        schedule=cosine(config.steps, min(config.warmup_steps, config.steps), final=0.05),
        max_grad_norm=1.0,
        ema=EMA(net, config.ema_decay),
    )
    return State([learner])


MODELS: dict[str, type[nn.Module]] = {"net": WaveNet}


def evaluate(
    config: Training, models: dict[str, nn.Module], batches: Sequence[Batch]
) -> dict[str, float]:
    """Bits a sample on held-out sound, told what is known of it."""
    net = models["net"]
    assert isinstance(net, WaveNet)
    return {"bits_per_sample": mean_loss(loss_of(net), net, batches)}
