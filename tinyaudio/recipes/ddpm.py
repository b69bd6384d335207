"""Train a denoising diffusion model of drum hits: a U-Net learns to undo noise of any strength.

COMMAND     tinyaudio train ddpm --size narrow --out runs/ddpm
MATERIAL    drum hits; notes, which have a pitch, by --material notes; your own by --data FOLDER
GENERATE    tinyaudio generate ddpm-drums --seeds 1 2 3 --sampler dpm-solver --sampling-steps 20 --out drum.wav
HARDWARE    a CPU core and half an hour; a GPU and days for the paper's 800,000 steps
EXPECT      the held-out loss falls below 1, where it begins, at once, and slowly from then on
See:        the chapter "Diffusion from scratch".
"""

import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.one_shots import folder_or_one_shots
from tinyaudio.models.ddpm_unet import DDPMUNet, DDPMUNetConfig
from tinyaudio.objectives.diffusion import GaussianDiffusion, diffusion_loss
from tinyaudio.objectives.diffusion_time import DiscreteTime
from tinyaudio.objectives.noise_schedule import by_name
from tinyaudio.recipe import Models, Recipe, RunConfig, Seeds, network, option
from tinyaudio.represent.compressed_stft import CompressedSTFTConfig, to_audio, to_image
from tinyaudio.samplers.diffusion import sample
from tinyaudio.samplers.diffusion_steps import solver
from tinyaudio.train import EMA, Batch, Learner, Loss, warmup


@dataclass(frozen=True)
class Config(RunConfig):
    """What makes a run."""

    model: DDPMUNetConfig = DDPMUNetConfig.tiny()
    image: CompressedSTFTConfig = CompressedSTFTConfig()
    material: str = option("drums", "drums, or notes, which have a pitch")
    n_sounds: int = option(3_000, "drum hits or notes to learn from", minimum=1)
    schedule: str = option("cosine", "noise schedule of 1,000 steps: cosine or linear")
    prediction: str = option("v", "what the network predicts: epsilon, x0 or v")
    batch_size: int = option(16, "clips a step, over all processes", minimum=1)
    learning_rate: float = option(1e-3, "learning rate of Adam, after a warm-up", minimum=0)
    ema_decay: float = option(0.995, "of the network's average", minimum=0, maximum=1)

    @property
    def diffusion(self) -> GaussianDiffusion:
        """What training and sampling agree on."""
        return GaussianDiffusion(DiscreteTime(by_name(self.schedule)), self.prediction)


NARROW = Config(model=DDPMUNetConfig(), steps=5_000, ema_decay=0.999)
# Appendix B of Ho et al. for CIFAR-10.
PAPER = replace(Config(schedule="linear", prediction="epsilon"), model=DDPMUNetConfig.paper(),
    batch_size=128, steps=800_000, learning_rate=2e-4, ema_decay=0.9999)  # fmt: skip


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of the user's recordings, or procedural drum hits or notes."""
    sizes = (config.n_sounds, config.image.n_samples, config.sample_rate)
    return folder_or_one_shots(folder, config.material, *sizes, split, config.seed)


def image_loss(config: Config, net: DDPMUNet) -> Loss:
    """The squared error of what is predicted of a batch's images."""
    return diffusion_loss(net, config.diffusion, clean=lambda b: to_image(b["audio"], config.image))


def learners(config: Config) -> list[Learner]:
    """The U-Net and its average, which generates."""
    torch.manual_seed(config.seed)
    net = DDPMUNet(config.model)
    adam, ema = torch.optim.Adam(net.parameters(), config.learning_rate), EMA(net, config.ema_decay)
    loss = image_loss(config, net)
    return [Learner("net", net, loss, adam, schedule=warmup(100), max_grad_norm=1.0, ema=ema)]


@torch.no_grad()
def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """The loss of held-out clips, under the same noise every time."""
    net = network(models, "net", DDPMUNet)
    loss, device = image_loss(config, net), net.first.weight.device
    with torch.random.fork_rng():
        torch.manual_seed(0)
        found = [loss({"audio": batch["audio"].to(device)}, 0)[0] for batch in batches]
    return {"loss": torch.stack(found).mean().item()}


def generate(
    config: Config,
    models: Models,
    *,
    seeds: Seeds = (0,),
    sampling_steps: Annotated[int, "calls of the network, from 1 to 1000"] = 50,
    sampler: Annotated[str, "ancestral, ddim or dpm-solver"] = "ancestral",
) -> list[Float[Tensor, "B 1 T"]]:
    """One clip for each seed; UserError for a number of steps or a sampler that there is not."""
    net, image = network(models, "net", DDPMUNet), config.image
    alpha_bars = config.diffusion.time.schedule.spaced(sampling_steps)
    request = (net, config.diffusion, alpha_bars, image.shape, seeds)
    images = sample(*request, step=solver(sampler), device=net.first.weight.device)
    return [to_audio(images.cpu(), image)]


RECIPE = Recipe(
    name="ddpm",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])
