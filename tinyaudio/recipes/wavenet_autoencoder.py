"""Train the WaveNet autoencoder of NSynth on instrument notes, then rebuild any sound, or mix two.

The narrow size is given the pitch, too.  Without it, any recordings will do: ``--data FOLDER``.

COMMAND     tinyaudio train wavenet-autoencoder --size narrow --out runs/autoencoder
GENERATE    tinyaudio generate runs/autoencoder --of flute.wav organ.wav --mix 0.5 --out between.wav
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the paper's
EXPECT      8 bits a sample at the start, and less and less on held-out instruments
See:        the chapter on the WaveNet autoencoder.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.note_crops import NoteCrops, NoteSelection, folder_or_notes
from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoder, WaveNetAutoencoderConfig
from tinyaudio.recipe import Models, Recipe, Seeds, Temperature, network, option
from tinyaudio.recipes import conditional
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.latents import of_held_out_note, of_recordings, with_latents
from tinyaudio.recipes.wavenet import STEADY_TONES
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream
from tinyaudio.train import Batch, Learner


@dataclass(frozen=True)
class Config(conditional.LikelihoodConfig):
    """What makes a run."""

    model: WaveNetAutoencoderConfig = WaveNetAutoencoderConfig.tiny()
    notes: NoteSelection = STEADY_TONES
    encoder_learning_rate: float = option(1e-3, "peak learning rate of the encoder", minimum=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        conditional.check_multiple("n_samples", self.n_samples, of=self.model.hop_length)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of notes, of whose labels only the pitch may be read, or of the user's recordings."""
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    if folder:
        return folder_or_notes(folder, *sizes)
    return NoteCrops(*sizes, 0.0, config.notes, config.onset_fraction)


def learners(config: Config) -> list[Learner]:
    """One network; its encoder learns more slowly than its decoder."""
    torch.manual_seed(config.seed)
    net = WaveNetAutoencoder(config.model)
    encoder = {"params": net.encoder.parameters(), "lr": config.encoder_learning_rate}
    groups: list[dict[str, Any]] = [{"params": net.decoder.parameters()}, encoder]
    adam, prepare = torch.optim.Adam(groups, config.learning_rate), partial(with_latents, net)
    return [conditional.likelihood_learner(config, net, net.decoder, adam, prepare)]


def evaluate(config: Config, models: Models, batches: Iterable[Batch]) -> dict[str, float]:
    """Negative log-likelihood of held-out sound given its latents, in bits a sample."""
    net = network(models, "net", WaveNetAutoencoder)
    return conditional.held_out_bits(config, net, net.decoder, batches, partial(with_latents, net))


@torch.no_grad()
def generate(
    config: Config,
    models: Models,
    *,
    of: Annotated[Sequence[Path] | None, "a recording to rebuild, or two to mix"] = None,
    mix: Annotated[float | int | None, "share of the second of two (default: 0.5)"] = None,
    pitch: Annotated[int | None, "MIDI pitch to play (default: the first recording's)"] = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A recording from its latents, or the sound between two, as long as the shorter; else a held-out note."""
    net, rate = network(models, "net", WaveNetAutoencoder), config.sample_rate
    if of or mix is not None:
        condition, n_samples = of_recordings(net, of or (), mix, pitch, rate)
    else:
        condition, n_samples = of_held_out_note(net, config.notes, pitch, rate, config.seed)
    source = Conditioned(net.decoder, condition)
    return decode(stream(source, n_samples, seeds, temperature), net.decoder.config.n_levels)


PITCHED = replace(WaveNetAutoencoderConfig.tiny(), n_pitches=128)
NARROW = Config(model=PITCHED, onset_fraction=0.4, history_noise=4.0, **conditional.ON_A_CORE)
# The authors' [train.py, h512_bo16.py]; they lower the learning rate in steps, to a tenth.
ON_GPUS: dict[str, Any] = {"sample_rate": 16_000, "n_samples": 6_144, "batch_size": 32}
ON_GPUS |= {"learning_rate": 2e-4, "encoder_learning_rate": 2e-4, "ema_decay": 0.9999}
ON_GPUS |= {"notes": NoteSelection(), "steps": 200_000}
PAPER = Config(model=WaveNetAutoencoderConfig.paper(), **ON_GPUS)

RECIPE = Recipe(
    name="wavenet-autoencoder",
    description=__doc__,
    sizes={"tiny": Config(sample_rate=8_000, batch_size=4), "narrow": NARROW, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
    for_folder=lambda config, _: replace(config, model=replace(config.model, n_pitches=0)),
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])
