"""Learn to predict a waveform sample by sample, then let it speak.

COMMAND     tinyaudio train autoregressive --data FOLDER --out runs/mine
HARDWARE    two CPU cores, about two minutes at tiny size
EXPECT      8 bits a sample at the start, and less and less on held-out sound
See:        chapter 2, "One sample at a time".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.utils.data import Dataset

from tinyaudio.models.causal import CausalNet, CausalNetConfig
from tinyaudio.objectives.likelihood import likelihood
from tinyaudio.recipes.sound import folder_or_notes
from tinyaudio.represent import mulaw
from tinyaudio.samplers.autoregressive import stream
from tinyaudio.train import EMA, Batch, Learner, Loss, State, cosine


@dataclass(frozen=True)
class Config:
    """What makes a run; a run resumes only under the same configuration."""

    model: CausalNetConfig
    sample_rate: int = field(default=16_000, metadata={"help": "rate to learn and speak at, in Hz"})
    n_samples: int = field(
        default=4_096, metadata={"help": "length of a training crop, in samples"}
    )
    batch_size: int = field(default=8, metadata={"help": "crops a step, over all processes"})
    steps: int = field(default=400, metadata={"help": "steps to train for"})
    learning_rate: float = field(default=3e-3, metadata={"help": "of Adam, at its highest"})
    ema_decay: float = field(
        default=0.98, metadata={"help": "of the average that speaks, in [0, 1)"}
    )
    seed: int = field(
        default=0, metadata={"help": "decides initial weights, crops and their order"}
    )

    @classmethod
    def tiny(cls) -> "Config":
        """Learns in a minute or two on two CPU cores."""
        return cls(CausalNetConfig.tiny())

    @classmethod
    def large(cls) -> "Config":
        """For a GPU."""
        return cls(
            CausalNetConfig.large(),
            n_samples=16_384,
            batch_size=16,
            steps=100_000,
            learning_rate=1e-3,
            ema_decay=0.999,
        )


def build(config: Config) -> State:
    """A network that knows nothing yet, and what will teach it."""
    torch.manual_seed(config.seed)
    net = CausalNet(config.model)
    learner = Learner(
        "net",
        net,
        likelihood(net, config.model.n_levels),
        torch.optim.Adam(net.parameters(), lr=config.learning_rate),
        schedule=cosine(config.steps, n_warmup=min(20, config.steps), final=0.1),
        max_grad_norm=1.0,
        ema=EMA(net, config.ema_decay),
    )
    return State([learner])


def clips(config: Config, folder: Path | None, split: str) -> Dataset:
    """One's own sound, or procedural notes."""
    return folder_or_notes(folder, config.sample_rate, config.n_samples, split, config.seed)


def models(state: State) -> dict[str, nn.Module]:
    """The averaged network, which predicts better than the one in training."""
    (learner,) = state.learners
    assert learner.ema is not None
    return {"net": learner.ema.module}


MODELS: dict[str, type[nn.Module]] = {"net": CausalNet}


@torch.no_grad()
def mean_loss(loss: Loss, net: nn.Module, batches: Sequence[Batch]) -> float:
    """A loss over all clips, however many each batch has, computed where the network is."""
    device = next(net.parameters()).device
    total = 0.0
    for batch in batches:
        there = {name: value.to(device) for name, value in batch.items()}
        total += loss(there, 0)[0].item() * len(batch["audio"])
    return total / sum(len(batch["audio"]) for batch in batches)


def evaluate(
    config: Config, models: dict[str, nn.Module], batches: Sequence[Batch]
) -> dict[str, float]:
    """Bits a sample on held-out sound.

    Args:
        config: Of the run.
        models: From `models`.
        batches: With ``audio``, (B, 1, T).

    Returns:
        ``bits_per_sample``; 8 is what a model that knows nothing needs.
    """
    net = models["net"]
    return {"bits_per_sample": mean_loss(likelihood(net, config.model.n_levels), net, batches)}


def default_seconds(config: object) -> float:
    """How long to speak when nobody says."""
    return 1.0


def decoded(
    pieces: Iterator[Int[Tensor, "B n"]], n_levels: int
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """Sound from codes, piece by piece."""
    return (mulaw.decode(piece, n_levels)[:, None] for piece in pieces)


def generate(
    config: Config,
    models: dict[str, nn.Module],
    seconds: float,
    seeds: Sequence[int],
    temperature: float,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """Draw a waveform for each seed, piece by piece."""
    net = models["net"]
    assert isinstance(net, CausalNet)
    codes = stream(net, round(seconds * config.sample_rate), seeds, temperature)
    return decoded(codes, config.model.n_levels)
