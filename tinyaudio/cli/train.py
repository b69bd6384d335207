"""``tinyaudio train``: one sub-command a recipe, its options the fields of the recipe's configuration."""

import argparse
import os
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from tinyaudio.cli.numbers import count, positive, whole
from tinyaudio.errors import UserError
from tinyaudio.recipes.folder import RECIPES
from tinyaudio.recipes.run import run


def add_train(commands: Any) -> None:
    """``tinyaudio train RECIPE``."""
    train = commands.add_parser(
        "train",
        help="train a model on your own sound, or on procedural sound",
        description="Train a model. The same command again goes on where the run was left.",
    )
    recipes = train.add_subparsers(required=True, metavar="RECIPE")
    for name, recipe in RECIPES.items():
        assert recipe.__doc__
        title, _, body = recipe.__doc__.partition("\n")
        one = recipes.add_parser(
            name,
            help=title,
            description=title + "\n" + body,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        sizes = [size for size in ("tiny", "paper", "large") if hasattr(recipe.Config, size)]
        one.add_argument(
            "--data",
            type=Path,
            metavar="FOLDER",
            help="audio to learn from, any format and depth of folders (default: the recipe's own sound)",
        )
        one.add_argument(
            "--out", type=Path, metavar="RUN", help=f"folder of the run (default: runs/{name}-SIZE)"
        )
        one.add_argument(
            "--from",
            type=Path,
            dest="learned",
            metavar="RUN",
            help="run, or model that comes with the package, whose weights to begin with (default: none)",
        )
        one.add_argument(
            "--size",
            choices=sizes,
            default="tiny",
            help="preset that the options below start from (default: tiny)",
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
            "--minutes", type=positive, metavar="M", help="stop after this long; run again to go on"
        )
        one.add_argument(
            "--look-every",
            type=count,
            default=50,
            metavar="N",
            help="steps between looks at held-out sound (default: 50)",
        )
        one.add_argument(
            "--save-every",
            type=count,
            default=100,
            metavar="N",
            help="steps between checkpoints (default: 100)",
        )
        group = one.add_argument_group("configuration")
        tiny = recipe.Config.tiny()
        for field in fields(recipe.Config):
            if "help" in field.metadata:
                default = getattr(tiny, field.name)
                group.add_argument(
                    "--" + field.name.replace("_", "-"),
                    type=type(default),
                    metavar=type(default).__name__.upper(),
                    help=f"{field.metadata['help']} (tiny: {default})",
                )
        one.set_defaults(run=train_command, recipe=recipe)


def train_command(options: argparse.Namespace) -> None:
    """Run a recipe."""
    recipe: ModuleType = options.recipe
    config = getattr(recipe.Config, options.size)()
    chosen = {
        f.name: getattr(options, f.name, None) for f in fields(config) if "help" in f.metadata
    }
    config = replace(config, **{name: value for name, value in chosen.items() if value is not None})
    check_config(config)
    name = recipe.__name__.rpartition(".")[2]
    out = options.out or Path("runs") / f"{name}-{options.size}"
    run(
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
    )
    if int(os.environ.get("RANK", "0")) == 0:
        print(f"done: tinyaudio generate {out} --out new.wav")


def check_config(config: Any) -> None:
    """Raise a `UserError` for a number that no run can use."""
    for field in fields(config):
        value = getattr(config, field.name)
        lowest = 0 if field.name in ("seed", "ema_decay", "penalty_weight") else 1
        if isinstance(value, int) and value < lowest:
            raise UserError(f"--{field.name.replace('_', '-')} {value}: must be {lowest} or more")
        if isinstance(value, float) and not (0 <= value < float("inf")):
            raise UserError(
                f"--{field.name.replace('_', '-')} {value}: must be a number, 0 or more"
            )
    if not 0 <= getattr(config, "undisturbed", 0.0) < 1:
        raise UserError(f"--undisturbed {config.undisturbed}: must be 0 or more and below 1")
    if not 0 <= getattr(config, "input_echo", 0.0) <= 1:
        raise UserError(f"--input-echo {config.input_echo}: must be from 0 to 1")
    if not 0 <= getattr(config, "ema_decay", 0.0) < 1:
        raise UserError(f"--ema-decay {config.ema_decay}: must be 0 or more and below 1")
