"""Train a WaveNet on instrument notes, conditioned on family and pitch, then generate any note.

With ``--data FOLDER`` it learns your own recordings, which have no such labels, unconditionally; then
``--family`` and ``--pitch`` have no meaning.

COMMAND     tinyaudio train wavenet --size narrow --out runs/notes; --size second, of GANSynth's notes
GENERATE    tinyaudio generate runs/notes --family flute --pitch 72 --out flute.wav
HARDWARE    a CPU core for the tiny and the narrow size; a GPU for the others
EXPECT      8 bits a sample at the start, and less and less on held-out instruments
See:        chapter 5, "WaveNet", and chapter 6, "Conditioning and the mel vocoder".
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from jaxtyping import Float
from torch import Tensor
from torch.utils.data import Dataset

from tinyaudio.data.instruments.families import FAMILIES
from tinyaudio.data.note_crops import NoteCrops, NoteSelection, folder_or_notes
from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition, ConditionConfig
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.recipe import Models, Recipe, Seconds, Seeds, Temperature, network, option
from tinyaudio.recipes.autoregressive import decode
from tinyaudio.recipes.conditional import ON_A_CORE, ON_A_GPU, WaveNetRunConfig, evaluate, learners
from tinyaudio.recipes.gansynth_small import NOTES
from tinyaudio.samplers.conditioned import Conditioned
from tinyaudio.samplers.native import stream

FAMILY_AND_PITCH = ConditionConfig(n_classes=(len(FAMILIES), 128))


@dataclass(frozen=True)
class Config(WaveNetRunConfig):
    """What makes a run."""

    model: WaveNetConfig = replace(WaveNetConfig.tiny(), condition=FAMILY_AND_PITCH)
    notes: NoteSelection = NoteSelection()
    recorded_fraction: float = option(
        0.0, "fraction of notes of recorded instruments, from a soundfont", minimum=0, maximum=1
    )


# A narrow problem that a small network can learn: steady tones of two octaves, equally loud.
STEADY_TONES = NoteSelection(("flute", "organ", "brass"), (55, 79), velocities=(100,))
NARROW = Config(notes=STEADY_TONES, onset_fraction=0.4, history_noise=4.0, **ON_A_CORE)
SECOND = replace(NARROW, sample_rate=16_000, notes=NOTES)
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
    if folder:
        return folder_or_notes(folder, *sizes)
    return NoteCrops(*sizes, config.recorded_fraction, config.notes, config.onset_fraction)


def generate(
    config: Config,
    models: Models,
    *,
    seconds: Seconds = None,
    seeds: Seeds = (0,),
    temperature: Temperature = 1.0,
    family: Annotated[str | None, "of instruments, in a run with notes (default: its last)"] = None,
    pitch: Annotated[
        int | None, "MIDI pitch, in a run with notes; 60 is middle C (default: 60)"
    ] = None,
) -> Iterator[Float[Tensor, "B 1 n"]]:
    """A waveform for each seed, one second by default, of one note."""
    net = network(models, "net", WaveNet)
    n_samples = round((1.0 if seconds is None else seconds) * config.sample_rate)
    source: WaveNet | Conditioned = net
    if config.model.condition is not None:
        note = family or config.notes.families[-1], 60 if pitch is None else pitch
        condition = Condition(classes=config.notes.classes(*note))
        source = Conditioned(net, condition.to(next(net.parameters()).device))
    elif (family, pitch) != (None, None):
        raise UserError("this run is unconditional: it was trained on recordings without labels")
    return decode(stream(source, n_samples, seeds, temperature), config.model.n_levels)


RECIPE = Recipe(
    name="wavenet",
    description=__doc__,
    sizes={"tiny": Config(), "narrow": NARROW, "second": SECOND, "wn30": WN30, "paper": PAPER},
    dataset=dataset,
    learners=learners,
    evaluate=evaluate,
    commands={"generate": generate},
    for_folder=lambda config, _: replace(config, model=replace(config.model, condition=None)),
)

if __name__ == "__main__":
    from tinyaudio.cli import main

    main(["train", RECIPE.name, *sys.argv[1:]])
