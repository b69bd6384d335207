"""``tinyaudio convert IN OUT --to SPEAKER`` and ``translate``: verbs that turn one recording into another.

The run comes last, as an option, since most are done with the model that comes with the package.
"""

import argparse
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from torch import Tensor

from tinyaudio.checkpoints import TrainedRun, open_run, shipped
from tinyaudio.cli.runs import to_device, write_clips
from tinyaudio.errors import UserError

# Each verb, the model unless another is named, and what it writes.
CONVERSIONS = {
    "convert": ("vqvae-voices", "speech in the voice of another speaker"),
    "translate": ("translation-instruments", "a melody as another instrument plays it"),
}
TWO_FILES = (*CONVERSIONS, "upsample", "chain")  # verbs that read a file and write another


def add_conversions(commands: Any) -> None:
    """The verbs with two files."""
    for verb, (model, result) in CONVERSIONS.items():
        one = commands.add_parser(
            verb, help=result, description=f"Write {result}, as long as the file."
        )
        add_files(one)
        one.add_argument(
            "--to", metavar="NAME", help="what to convert to (default: the run's first)"
        )
        one.add_argument(
            "--model",
            default=model,
            metavar="RUN",
            help="a folder that 'tinyaudio train' made, or a model that comes with the package:"
            f" {', '.join(shipped())} (default: {model})",
        )
        one.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
        one.set_defaults(run=convert, verb=verb)


def add_files(one: argparse.ArgumentParser) -> None:
    """The two files."""
    one.add_argument("source", type=Path, metavar="IN", help="audio file, of any format and length")
    one.add_argument(
        "out",
        type=Path,
        metavar="OUT",
        help="audio file to write; its suffix is its format (.wav, .flac, .ogg, .mp3)",
    )


def convert(options: argparse.Namespace) -> None:
    """Open the run and write what it makes of the file."""
    run, command = command_of(options)
    to_device(run, options.device)
    pieces = command(run.config, run.models, source=options.source, to=options.to)
    write_clips([options.out], pieces, run.config.sample_rate)


def command_of(options: argparse.Namespace) -> tuple[TrainedRun, Callable[..., Iterable[Tensor]]]:
    """The run and its command.

    Raises:
        UserError: It has none of that verb, or the file to write is the file to read.
    """
    run = open_run(options.model, options.recipe)
    command = run.recipe.commands.get(options.verb)
    if command is None:
        raise UserError(
            f"--model {options.model}: a run of {run.recipe.name} has no command {options.verb!r}; it"
            f" has: {', '.join(run.recipe.commands) or 'none'}"
        )
    if options.out.exists() and options.out.samefile(options.source):
        raise UserError(
            f"{options.out}: is the file to {options.verb}; give another name to write to"
        )
    return run, command
