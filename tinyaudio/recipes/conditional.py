"""What the recipes of a WaveNet share: `wavenet` for notes, `speech`, `vocoder` and `wavenet_autoencoder`.

They differ in their data and in what the network is conditioned on; loss, schedule and evaluation are
the same.

See:        chapter 5, "WaveNet", and chapter 6, "Conditioning and the mel vocoder".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn

from tinyaudio.errors import ConfigError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.condition import ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipe import Models, RunConfig, network, option
from tinyaudio.recipes.nll import NLL
from tinyaudio.train import EMA, Batch, Learner, cosine


@dataclass(frozen=True)
class LikelihoodConfig(RunConfig):
    """What makes a run that trains a WaveNet by maximum likelihood; each recipe adds its model and its data."""

    n_samples: int = option(4_096, "length of a training crop, in samples", minimum=1)
    n_context: int = option(
        0,
        "samples at a crop's begin that only serve as history, unless the sound begins",
        minimum=0,
    )
    onset_fraction: float = option(
        0.0, "fraction of procedural crops that begin with the sound", minimum=0, maximum=1
    )
    warmup_steps: int = option(50, "steps in which the learning rate rises", minimum=0)
    learning_rate: float = option(4e-3, "peak learning rate of Adam", minimum=0)
    ema_decay: float = option(0.98, "decay of the weights' moving average", minimum=0, maximum=1)
    history_noise: float = option(
        0.0, "greatest rms of white noise on the input, in codes; the target has none", minimum=0
    )
    noisy_fraction: float = option(
        1.0, "fraction of the steps, the first ones, with that noise", minimum=0, maximum=1
    )
    fused: bool = option(True, "on a CPU, train by the compiled step, where the widths allow it")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.n_context >= self.n_samples:
            raise ConfigError(
                "n_context", self.n_context, f"must be below {self.n_samples}, a crop"
            )

    def noise_at(self, step: int) -> float:
        """Greatest rms of the noise on the input at a step."""
        return self.history_noise if step < self.noisy_fraction * self.steps else 0.0


@dataclass(frozen=True)
class WaveNetRunConfig(LikelihoodConfig):
    """What makes a run of a WaveNet and nothing else."""

    model: WaveNetConfig = WaveNetConfig.tiny()


# A training that a GPU does in a day or two; ours, since the paper leaves these numbers open.
ON_A_GPU: dict[str, Any] = {
    "n_samples": 16_000,
    "batch_size": 16,
    "steps": 100_000,
    "warmup_steps": 1_000,
    "learning_rate": 1e-3,
    "ema_decay": 0.999,
}


# A training of a narrow problem that a CPU core does in an hour.
ON_A_CORE: dict[str, Any] = {
    "sample_rate": 8_000,
    "n_context": 512,
    "batch_size": 4,
    "steps": 6_000,
    "ema_decay": 0.995,
    "noisy_fraction": 0.67,
}


def size_frames(config: WaveNetRunConfig, hop_length: int, n_channels: int) -> None:
    """Give a run's model, while its configuration is made, the size of the frames; if it takes any."""
    if isinstance(config.model.condition, ConditionConfig):
        condition = replace(
            config.model.condition, hop_length=hop_length, n_frame_channels=n_channels
        )
        object.__setattr__(config, "model", replace(config.model, condition=condition))


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


def likelihood_learner(
    config: LikelihoodConfig,
    net: nn.Module,
    decoder: WaveNet,
    adam: torch.optim.Adam,
    prepare: Callable[[Batch], Batch] = lambda batch: batch,
) -> Learner:
    """A learner "net" by maximum likelihood.

    Args:
        config: Of the run.
        net: The network, or that which the WaveNet is a part of.
        decoder: The WaveNet.
        adam: For all that is learned.
        prepare: What a batch goes through before the loss, on the network's device.
    """
    nll = NLL(decoder, config.noise_at, config.n_context, config.fused)
    return Learner(
        "net",
        net,
        lambda batch, step: nll(prepare(batch), step),
        adam,
        schedule=cosine(config.steps, min(config.warmup_steps, config.steps), final=0.05),
        max_grad_norm=1.0,
        ema=EMA(net, config.ema_decay),
        backend=nll.backend,
    )


def learners(
    config: WaveNetRunConfig, prepare: Callable[[Batch], Batch] = lambda batch: batch
) -> list[Learner]:
    """One freshly initialised WaveNet; ``prepare`` as in `likelihood_learner`."""
    torch.manual_seed(config.seed)
    net = WaveNet(config.model)
    adam = torch.optim.Adam(net.parameters(), lr=config.learning_rate)
    return [likelihood_learner(config, net, net, adam, prepare)]


def held_out_bits(
    config: LikelihoodConfig,
    net: nn.Module,
    decoder: WaveNet,
    batches: Iterable[Batch],
    prepare: Callable[[Batch], Batch] = lambda batch: batch,
) -> dict[str, float]:
    """Negative log-likelihood of held-out sound under its condition; a uniform predictor has 8 bits."""
    nll = NLL(decoder, n_context=config.n_context)
    bits = mean_loss(lambda batch, step: nll(prepare(batch), step), net, batches)
    return {"bits_per_sample": bits}


def evaluate(
    config: WaveNetRunConfig, models: Models, batches: Iterable[Batch]
) -> dict[str, float]:
    """`held_out_bits` of a run's WaveNet."""
    net = network(models, "net", WaveNet)
    return held_out_bits(config, net, net, batches)
