"""What the command lines of the benchmarks share."""

import argparse
import inspect
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

RUN = "a folder that 'tinyaudio train' made, or a model that comes with the package"


def parser(name: str, doc: str | None) -> argparse.ArgumentParser:
    """Options of ``python -m benchmarks.NAME``: its docstring as help, and ``--json``."""
    options = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=doc,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.add_argument("--json", action="store_true", help="print one JSON object")
    return options


def open_runs(places: Sequence[str]) -> dict[str, Any]:
    """The trained runs of ``--run``, a `tinyaudio.checkpoints.TrainedRun` each, by what they were named."""
    from tinyaudio.checkpoints import open_run

    if not places:
        print("no --run: only the controls are measured", file=sys.stderr)
    return {place: open_run(place) for place in places}


def optional_run(place: str) -> Any | None:
    """The run of an option; None where it is empty."""
    from tinyaudio.checkpoints import open_run

    return open_run(place) if place else None


def generate_with(run: Any, needed: Sequence[str]) -> Any:
    """The ``generate`` command of a run's recipe.

    Raises:
        UserError: It has none, or it lacks one of the keywords needed, such as "pitch".
    """
    from tinyaudio.errors import UserError

    generate = run.recipe.commands.get("generate")
    keywords = inspect.signature(generate).parameters if generate else {}
    if missing := [name for name in needed if name not in keywords]:
        raise UserError(
            f"--run: a run of {run.recipe.name} cannot be measured here; its generate has no option"
            f" --{missing[0].replace('_', '-')}"
        )
    return generate


def of_file(
    run: Any,
    command: Any,
    keyword: str,
    clip: Any,
    sample_rate: int | None = None,
    **options: Any,
) -> Any:
    """What a command of a run makes of a clip (1, T), given as a file, by default at the run's rate."""
    import soundfile
    import torch

    with TemporaryDirectory() as folder:
        file = Path(folder) / "clip.wav"
        soundfile.write(file, clip.T.numpy(), sample_rate or run.config.sample_rate, "FLOAT")
        return torch.cat([*command(run.config, run.models, **{keyword: file}, **options)], dim=2)[0]


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the program with one line where the package raises a `UserError`."""
    from tinyaudio.errors import UserError

    try:
        yield
    except UserError as error:
        sys.exit(f"error: {error}")
