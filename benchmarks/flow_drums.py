"""Train the network of the recipe `ddpm` by flow matching instead: same drums, batches, optimizer and average.

COMMAND     tinyaudio train --recipe benchmarks/flow_drums.py --size narrow --out runs/flow
MATERIAL    drum hits; notes, which have a pitch, by --material notes; your own by --data FOLDER
GENERATE    tinyaudio generate --recipe benchmarks/flow_drums.py runs/flow --seeds 1 2 3 --out drum.wav
HARDWARE    a CPU core and half an hour for the 5,000 steps of the narrow size
EXPECT      the held-out loss falls below 1.5 at once, and slowly from then on
See:        `benchmarks.flow_matching`, which compares the two; the chapter "What came after".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.one_shots import folder_or_one_shots
from tinyaudio.errors import UserError
from tinyaudio.metrics.held_out import mean_loss
from tinyaudio.models.ddpm_unet import DDPMUNet, DDPMUNetConfig
from tinyaudio.objectives.flow_matching import flow_matching_loss
from tinyaudio.recipe import Models, Recipe, RunConfig, Seeds, network, option
from tinyaudio.represent.compressed_stft import CompressedSTFTConfig, to_audio, to_image
from tinyaudio.samplers.flow_matching import euler, heun, sample
from tinyaudio.train import EMA, Batch, Learner, Loss, warmup

LAST_STEP = (
    999  # of DDPM: the network's embedding was made for steps from 0, a clip, to this, noise
)
STEPS = {"euler": euler, "heun": heun}


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run: the settings of the recipe `ddpm` without its schedule and its prediction."""

    model: DDPMUNetConfig = DDPMUNetConfig.tiny()
    image: CompressedSTFTConfig = CompressedSTFTConfig()
    material: str = option("drums", "drums, or notes, which have a pitch")
    n_sounds: int = option(3_000, "drum hits or notes to learn from", minimum=1)
    batch_size: int = option(16, "clips a step, over all processes", minimum=1)
    learning_rate: float = option(1e-3, "learning rate of Adam, after a warm-up", minimum=0)
    ema_decay: float = option(0.995, "of the network's average", minimum=0, maximum=1)


NARROW = Config(model=DDPMUNetConfig(), steps=5_000, ema_decay=0.999)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of the user's recordings, or procedural drum hits or notes."""
    sizes = (config.n_sounds, config.image.n_samples, config.sample_rate)
    return folder_or_one_shots(folder, config.material, *sizes, split, config.seed)


def velocity(net: DDPMUNet) -> Callable[[Tensor, Tensor], Tensor]:
    """The network as a velocity; it gets time as a step of DDPM, from 999, noise, to 0, a clip."""
    return lambda x, t: net(x, LAST_STEP * (1 - t))


def image_loss(config: Config, net: DDPMUNet) -> Loss:
    """The squared error of the velocity of a batch's images."""
    return flow_matching_loss(velocity(net), clean=lambda b: to_image(b["audio"], config.image))


def learners(config: Config) -> list[Learner]:
    """The U-Net and its average, which generates."""
    torch.manual_seed(config.seed)
    net = DDPMUNet(config.model)
    adam, ema = torch.optim.Adam(net.parameters(), config.learning_rate), EMA(net, config.ema_decay)
    loss = image_loss(config, net)
    return [Learner("net", net, loss, adam, schedule=warmup(100), max_grad_norm=1.0, ema=ema)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """The loss of held-out clips, with the same noise and times every time."""
    net = network(models, "net", DDPMUNet)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return {"loss": mean_loss(image_loss(config, net), net, batches)}


def generate(
    config: Config,
    models: Models,
    *,
    seeds: Seeds = (0,),
    sampling_steps: Annotated[
        int, "steps of equal length; heun calls the network twice a step"
    ] = 8,
    sampler: Annotated[str, "euler or heun"] = "euler",
) -> list[Float[Tensor, "B 1 T"]]:
    """One clip for each seed; UserError for a number of steps or a sampler that there is not."""
    if sampler not in STEPS:
        raise UserError(f"no sampler {sampler!r}; there are: {', '.join(STEPS)}")
    net, image = network(models, "net", DDPMUNet), config.image
    request = (velocity(net), image.shape, seeds, sampling_steps)
    images = sample(*request, step=STEPS[sampler], device=net.first.weight.device)
    return [to_audio(images.cpu(), image)]


RECIPE = Recipe(
    name="flow_drums",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)
