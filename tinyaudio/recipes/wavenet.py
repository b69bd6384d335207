"""Train a WaveNet on instrument notes, conditioned on family and pitch, then generate any note.

With ``--data FOLDER`` it learns your own recordings, which have no such labels, unconditionally; then
``--family`` and ``--pitch`` have no meaning.

COMMAND     tinyaudio train wavenet --out runs/notes
GENERATE    tinyaudio generate runs/notes --family guitar --pitch 60 --out guitar.wav
HARDWARE    two CPU cores for the tiny size; a GPU for the others
EXPECT      8 bits a sample at the start, and less and less on held-out instruments
See:        chapter 5, "WaveNet", and chapter 6, "Conditioning and the mel vocoder".
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import torch
from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.instruments.families import FAMILIES, RANGES
from tinyaudio.data.note_crops import folder_or_notes
from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, Temperature, network, option
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.conditional import ON_A_GPU, WaveNetRunConfig, evaluate, learners
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream

FAMILY_AND_PITCH = ConditionConfig(n_classes=(len(FAMILIES), 128))


@dataclass(frozen=True)
class Config(WaveNetRunConfig):
    """What makes a run."""

    model: WaveNetConfig = replace(WaveNetConfig.tiny(), condition=FAMILY_AND_PITCH)
    recorded_fraction: float = option(
        0.0, "fraction of notes of recorded instruments, from a soundfont", minimum=0, maximum=1
    )


WN30 = Config(model=replace(WaveNetConfig.wn30(), condition=FAMILY_AND_PITCH), **ON_A_GPU)
# The paper's receptive field of 300 ms; it leaves width and training open.
PAPER = Config(model=replace(WaveNetConfig.paper(), condition=FAMILY_AND_PITCH), **ON_A_GPU)


def dataset(config: Config, split: str, folder: Path | None) -> Dataset:
    """Crops of notes with their labels, or of the user's recordings, for an unconditional network."""
    if folder and config.recorded_fraction:
        raise UserError("recorded fraction: of notes, not of a folder's recordings; leave it out")
    if folder and config.model.condition:
        raise UserError(
            "this network is conditioned on family and pitch, which the recordings in a folder do not"
            " have; leave --data out, or train one on a folder"
        )
    sizes = (config.sample_rate, config.n_samples, split, config.seed)
    return folder_or_notes(folder, *sizes, recorded_fraction=config.recorded_fraction)


def note_condition(family: str, pitch: int) -> Condition:
    """Family and pitch as classes.

    Raises:
        UserError: There is no such family, or it does not play that pitch.

    Example:
        >>> note_condition("flute", 72).classes
        tensor([[ 2, 72]])
    """
    if family not in RANGES:
        raise UserError(f"no family {family!r}; there are: {', '.join(FAMILIES)}")
    low, high = RANGES[family].pitches
    if not low <= pitch <= high:
        raise UserError(f"pitch {pitch}: a {family} plays {low} to {high}")
    return Condition(classes=torch.tensor([[FAMILIES.index(family), pitch]]))


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
    family: Annotated[str | None, f"one of {', '.join(FAMILIES)} (default: guitar)"] = None,
    pitch: Annotated[int | None, "MIDI pitch; 60 is middle C (default: 60)"] = None,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, one second by default, of one note."""
    net = network(models, "net", WaveNet)
    n_samples = round((1.0 if seconds is None else seconds) * config.sample_rate)
    source: WaveNet | Conditioned = net
    if config.model.condition is not None:
        condition = note_condition(family or "guitar", 60 if pitch is None else pitch)
        source = Conditioned(net, condition.to(next(net.parameters()).device))
    elif (family, pitch) != (None, None):
        raise UserError("this run is unconditional: it was trained on recordings without labels")
    return decode(stream(source, n_samples, seeds, temperature), config.model.n_levels)


RECIPE = Recipe(
    name="wavenet",
    description=__doc__,
    sizes={"tiny": Config(), "wn30": WN30, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
    unconditional=lambda config: replace(config, model=replace(config.model, condition=None)),
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])
