"""``tinyaudio train``: one sub-command a recipe, its options the fields of the recipe's configuration."""

import argparse
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tinyaudio.cli.convert import TWO_FILES
from tinyaudio.cli.options import add_options, config_options, count, positive, whole
from tinyaudio.errors import ConfigError, UserError
from tinyaudio.microbatches import PRECISIONS
from tinyaudio.recipe import Recipe
from tinyaudio.run import report, run


def add_train(commands: Any, recipes: Iterable[Recipe[Any]]) -> None:
    """``tinyaudio train RECIPE``."""
    train = commands.add_parser(
        "train",
        help="train a model on your own sound, or on procedural sound",
        description="Train a model. The same command again resumes the run where it was left.",
        epilog="A recipe of your own: tinyaudio train --recipe FILE.py ...",
    )
    names = train.add_subparsers(required=True, metavar="RECIPE")
    for recipe in recipes:
        add_recipe(names, recipe)


def add_recipe(names: Any, recipe: Recipe[Any]) -> None:
    """The sub-command of one recipe."""
    one = names.add_parser(
        recipe.name,
        help=recipe.description.partition("\n")[0],
        description=recipe.description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    one.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="audio to learn from, any format and depth of folders (default: the recipe's own sound)",
    )
    one.add_argument(
        "--out",
        type=Path,
        metavar="RUN",
        help=f"folder of the run (default: runs/{recipe.name}-SIZE)",
    )
    one.add_argument(
        "--from",
        type=Path,
        dest="init_from",
        metavar="RUN",
        help="run, or model that comes with the package, whose weights to start from (default: none)",
    )
    one.add_argument(
        "--size",
        choices=[*recipe.sizes],
        default="tiny",
        help="configuration that the options below start from (default: tiny)",
    )
    one.add_argument(
        "--device", default="auto", help="auto, cpu, cuda, cuda:1, mps (default: auto)"
    )
    one.add_argument(
        "--workers",
        type=whole,
        default=0,
        metavar="N",
        help="processes that read audio ahead (default: 0)",
    )
    one.add_argument(
        "--accumulate",
        type=count,
        default=1,
        metavar="N",
        help="parts in which a process takes its share of a batch, to save memory (default: 1)",
    )
    one.add_argument(
        "--precision",
        choices=PRECISIONS,
        default="float32",
        help="bf16 computes convolutions and matrix products in bfloat16 (default: float32)",
    )
    one.add_argument(
        "--minutes", type=positive, metavar="M", help="stop after this long; run again to resume"
    )
    one.add_argument(
        "--eval-every",
        type=count,
        default=50,
        metavar="N",
        help="steps between evaluations on held-out sound (default: 50)",
    )
    one.add_argument(
        "--save-every",
        type=count,
        default=100,
        metavar="N",
        help="steps between checkpoints (default: 100)",
    )
    group = one.add_argument_group("configuration")
    add_options(group, config_options(recipe.tiny), say_default="tiny: {}")
    one.set_defaults(run=train_command, recipe=recipe)


def train_command(options: argparse.Namespace) -> None:
    """Run a recipe."""
    recipe: Recipe[Any] = options.recipe
    names = [option.name for option in config_options(recipe.tiny)]
    given = {name: value for name, value in vars(options).items() if name in names}
    try:
        config = replace(recipe.sizes[options.size], **given)
    except ConfigError as error:
        raise UserError(error.as_option) from None
    out = options.out or Path("runs") / f"{recipe.name}-{options.size}"
    state = run(
        recipe,
        config,
        out,
        folder=options.data,
        init_from=options.init_from,
        device=options.device,
        workers=options.workers,
        eval_every=options.eval_every,
        save_every=options.save_every,
        minutes=options.minutes,
        accumulate=options.accumulate,
        precision=options.precision,
    )
    if int(os.environ.get("RANK", "0")) == 0 and state.step == config.steps:
        for verb in recipe.commands:
            report(f"next: {example(verb, out)}")


def example(verb: str, run: Path) -> str:
    """A command on a run.

    Example:
        >>> example("generate", Path("runs/mine"))
        'tinyaudio generate runs/mine --out new.wav'
    """
    if verb in TWO_FILES:
        return f"tinyaudio {verb} old.wav new.wav --model {run}"
    return f"tinyaudio {verb} {run} --out new.wav"
