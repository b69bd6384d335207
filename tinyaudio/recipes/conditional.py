"""What the recipes of a WaveNet share: `wavenet` for notes, `speech`, and `vocoder`.

They differ in their data and in what the network is conditioned on; loss, optimizer and evaluation are
the same.

See:        chapter 5, "WaveNet", and chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from tinyaudio.errors import ConfigError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.condition import Condition
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.objectives import mixture
from tinyaudio.objectives.likelihood import likelihood
from tinyaudio.recipe import Models, RunConfig, network, option
from tinyaudio.train import EMA, Batch, Learner, Loss, cosine


@dataclass(frozen=True)
class WaveNetRunConfig(RunConfig):
    """What makes a run of a WaveNet; each recipe adds its model and its data."""

    model: WaveNetConfig = WaveNetConfig.tiny()
    n_samples: int = option(4_096, "length of a training crop, in samples", minimum=1)
    warmup_steps: int = option(50, "steps in which the learning rate rises", minimum=0)
    learning_rate: float = option(4e-3, "peak learning rate of Adam", minimum=0)
    ema_decay: float = option(0.98, "decay of the weights' moving average", minimum=0, maximum=1)
    history_noise: float = option(
        0.0, "greatest rms of white noise on the input, in codes; the target has none", minimum=0
    )


# A training that a GPU does in a day or two; ours, since the paper leaves these numbers open.
ON_A_GPU: dict[str, Any] = {
    "n_samples": 16_000,
    "batch_size": 16,
    "steps": 100_000,
    "warmup_steps": 1_000,
    "learning_rate": 1e-3,
    "ema_decay": 0.999,
}


def check_multiple(name: str, value: int, of: int) -> None:
    """Raise a `ConfigError` unless a setting is a whole number of frames.

    Example:
        >>> check_multiple("n_samples", 4_000, of=256)
        Traceback (most recent call last):
        tinyaudio.errors.ConfigError: n_samples 4000: must be a multiple of 256, such as 3840
    """
    if value % of:
        near = max(of, value // of * of)
        raise ConfigError(name, value, f"must be a multiple of {of}, such as {near}")


def batch_condition(batch: Batch) -> Condition | None:
    """What a batch is conditioned on, under the names of `Condition`; None if on nothing."""
    parts = {name: batch[name] for name in ("classes", "vectors", "frames") if name in batch}
    return Condition(**parts) if parts else None


def nll_loss(net: WaveNet, history_noise: float | int = 0.0) -> Loss:
    """Negative log-likelihood of ``audio`` (B, 1, T) under its condition, in bits a sample.

    Args:
        net: Column t of its output depends on codes before t only; a softmax or a mixture.
        history_noise: See `tinyaudio.objectives.likelihood.corrupt_history`; of a softmax only.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        def predict(codes: Tensor) -> Tensor:
            return net(codes, batch_condition(batch))

        if net.config.n_mixtures:
            bits = net.config.n_levels.bit_length() - 1
            return mixture.likelihood(predict, bits)(batch, step)
        return likelihood(predict, net.config.n_levels, history_noise)(batch, step)

    return loss


def learners(
    config: WaveNetRunConfig, prepare: Callable[[Batch], Batch] = lambda batch: batch
) -> list[Learner]:
    """One freshly initialised WaveNet, trained by maximum likelihood.

    Args:
        config: Of the run.
        prepare: What a batch goes through before the loss, on the network's device.
    """
    torch.manual_seed(config.seed)
    net = WaveNet(config.model)
    nll = nll_loss(net, config.history_noise)
    return [
        Learner(
            "net",
            net,
            lambda batch, step: nll(prepare(batch), step),
            torch.optim.Adam(net.parameters(), lr=config.learning_rate),
            schedule=cosine(config.steps, min(config.warmup_steps, config.steps), final=0.05),
            max_grad_norm=1.0,
            ema=EMA(net, config.ema_decay),
        )
    ]


def evaluate(
    config: WaveNetRunConfig, models: Models, batches: Iterable[Batch]
) -> dict[str, float]:
    """Negative log-likelihood of held-out sound under its condition; a uniform predictor has 8 bits."""
    net = network(models, "net", WaveNet)
    return {"bits_per_sample": mean_loss(nll_loss(net), net, batches)}
