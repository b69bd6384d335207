"""``tinyaudio exercise NAME FILE``: test a system that the reader built, and train it for two minutes."""

import argparse
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count as count_from
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from tinyaudio.checkpoints import TrainedRun, open_run
from tinyaudio.cli.options import count, positive
from tinyaudio.cli.runs import write_clips
from tinyaudio.data.batches import Batches
from tinyaudio.errors import UserError
from tinyaudio.exercises.own import NAMES, load_system
from tinyaudio.exercises.own.adapter import as_shipped
from tinyaudio.exercises.own.board import Entry, add_entry, require_board
from tinyaudio.exercises.own.file import OwnFile, first_line, read_file, write_starter
from tinyaudio.exercises.own.system import System, results
from tinyaudio.exercises.own.training import require_plots, save_curve, train_minutes
from tinyaudio.language import set_language, tr
from tinyaudio.recipe import Models, networks
from tinyaudio.run import EVAL_CLIPS, batches_of, evaluate_models

MINUTES, BOARD = 2.0, Path("board.csv")
MEASURED_CLIPS = 256  # enough for a covariance
DESCRIPTION = f"""\
Test a system that you built, and train it: {", ".join(NAMES)}.

  tinyaudio exercise own-wavenet --start my_wavenet.py   write the file to start from
  tinyaudio exercise own-wavenet my_wavenet.py           test what you wrote
  tinyaudio exercise own-wavenet my_wavenet.py --train   test it, train it two minutes, write its sound

FILE is Python that is run on your machine, with your rights: pass only what you would run yourself.
Exits with 1 if a test fails.
"""


def add_exercise(commands: Any) -> None:
    """Add the command to a parser's commands."""
    one = commands.add_parser(
        "exercise",
        help="test a system that you built yourself, and train it for two minutes",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one.add_argument("name", metavar="NAME", help="the system, as above")
    one.add_argument("file", metavar="FILE", type=Path, nargs="?", help="your Python file")
    one.add_argument("--start", type=Path, metavar="FILE", help="write a file to start from")
    one.add_argument("--train", action="store_true", help="train it when all tests pass")
    one.add_argument("--minutes", type=positive, help="to train for (default: 2)")
    one.add_argument(
        "--steps", type=count, metavar="N", help="to make instead, however long they take"
    )
    one.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="for curve and sounds (default: FILE-1, FILE-2, ...)",
    )
    one.add_argument(
        "--board",
        type=Path,
        metavar="FILE",
        help="table of all trainings (default: board.csv)",
    )
    one.add_argument(
        "--language", choices=["ko", "en"], help="of the messages (default: the system's)"
    )
    one.set_defaults(run=exercise_command)


def exercise_command(options: argparse.Namespace) -> None:
    """Write the starter file, or test, and train if asked."""
    korean = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    set_language(options.language or ("ko" if korean.startswith("ko") else "en"))
    system = load_system(options.name)
    if (options.start is None) == (options.file is None):
        raise UserError(
            f"name your file, as in 'tinyaudio exercise {system.name} mine.py', or the one to begin, as in"
            f" 'tinyaudio exercise {system.name} --start mine.py'"
        )
    for name in ("train", "minutes", "steps", "out", "board"):
        if options.start is not None and getattr(options, name):
            raise UserError(f"--start only writes a file; leave --{name} out")
    if options.start is not None:
        write_starter(options.start, system.starter)
        again = f"tinyaudio exercise {system.name} {options.start}"
        what = tr(f"읽고 채운 다음 {again}", f"read it, fill it, then {again}")
        print(f"{options.start}: {what}")
        return
    own, run = read_file(options.file, system.functions), open_run(system.shipped)
    if options.train:
        require_plots()
        require_board(options.board or BOARD)
    for result in results(system, own, run.models[system.network]):
        print(result, flush=True)
    if not result:
        sys.exit(1)
    if not options.train:
        again = f"tinyaudio exercise {system.name} {options.file} --train"
        print(tr(f"이제 학습: {again}", f"to train it: {again}"))
    else:
        out = new_folder(options.out, own.path)
        try:
            train_and_compare(system, own, run, out, options)
        finally:
            with suppress(OSError):
                out.rmdir()  # it is empty if training failed


def new_folder(out: Path | None, file: Path) -> Path:
    """Make the folder to write to, which is no other command's.

    Raises:
        UserError: The one that was asked for is there already, or it cannot be made.
    """
    numbered = (Path(f"{file.with_suffix('')}-{i}") for i in count_from(1))
    for folder in numbered if out is None else [out]:
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UserError(
                f"{folder}: cannot be made ({error.strerror}); name another by --out"
            ) from None
        return folder
    raise UserError(f"--out {out}: is there already; choose another name")


@contextmanager
def errors_of(own: OwnFile) -> Iterator[None]:
    """Say an exception of the reader's file in one line.

    Raises:
        UserError: In its place.
    """
    try:
        yield
    except Exception as error:  # a reader's code may raise anything
        line = own.line_of(error)
        if line is None:
            raise
        raise UserError(f"{own.path}, line {line}, raised {first_line(error)}") from None


def train_and_compare(
    system: System, own: OwnFile, run: TrainedRun, out: Path, options: argparse.Namespace
) -> None:
    """Train the reader's network, and put its curve, sound and score beside the shipped ones."""
    torch.manual_seed(0)
    config = replace(run.config, **system.settings)
    clips, shipped = run.recipe.dataset(config, "train", None), run.models[system.network]
    with errors_of(own):
        learners = system.learners(own, config)
        batches, began = Batches(clips, config.batch_size).from_step(0), time.monotonic()
        losses = train_minutes(learners, batches, options.minutes or MINUTES, options.steps)
        minutes, trained = (time.monotonic() - began) / 60, networks(learners)
        # A network that passed the tests is the shipped class with other weights.
        as_ours = as_shipped(trained[system.network], own, run.config.model, shipped)
    steps = len(losses[system.network])
    n = sum(one.numel() for one in trained[system.network].parameters())
    models = {"yours": {**trained, system.network: as_ours}, "shipped": run.models}
    save_curve(out / "curve.png", losses, f"{system.name}: {own.path.name}, {steps} steps")
    print(f"{out / 'curve.png'}: {tr(f'{steps}스텝', f'{steps} steps')}")
    scores = {}
    for name, nets in models.items():
        write_sound(system, run, nets, out / f"{name}.wav")
        scores[name] = score(system, run, nets)
    print(
        f"{system.score}: "
        + tr(
            f"여러분 {scores['yours']:.3f}, 책 {scores['shipped']:.3f} (낮을수록 좋습니다)",
            f"yours {scores['yours']:.3f}, shipped {scores['shipped']:.3f} (lower is better)",
        )
    )
    when = datetime.now(UTC).strftime("%Y-%m-%d %H:%M")
    numbers = [round(scores[name], 4) for name in ("yours", "shipped")]
    entry = Entry(
        when, system.name, own.path.name, n, round(minutes, 2), steps, system.score, *numbers
    )
    board = options.board or BOARD
    rank, entries = add_entry(board, entry)
    place = tr(f"{entries}번 가운데 {rank}위", f"no. {rank} of {entries}")
    print(f"{board}: {system.name}, {place}")


def write_sound(system: System, run: TrainedRun, models: Models, path: Path) -> None:
    """The sound of some networks, its clips one after the other."""
    command = run.recipe.commands[system.command]
    pieces: Iterable[Tensor] = command(run.config, models, **system.keywords)
    clips = torch.cat([one.detach() for one in pieces], dim=2)
    write_clips([path], [clips.flatten(0, 1).flatten()[None, None]], run.config.sample_rate)


def score(system: System, run: TrainedRun, models: Models) -> float:
    """The system's score, or the recipe's, on held-out sound."""
    dataset, n = run.recipe.dataset(run.config, "valid", None), MEASURED_CLIPS
    held_out = [*batches_of(dataset, EVAL_CLIPS if system.measure is None else n)]
    if system.measure is None:
        return evaluate_models(run.recipe, run.config, models, held_out)[system.score]
    real = torch.cat([batch["audio"] for batch in held_out])
    command = run.recipe.commands[system.command]
    pieces = command(run.config, models, **{**system.keywords, "seeds": range(n)})
    return system.measure(real, torch.cat([one.detach() for one in pieces], dim=2))
