"""``tinyaudio generate`` and ``tinyaudio evaluate``: what a trained run is good for."""

import argparse
import json
import math
from dataclasses import Field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

from tinyaudio.cli.numbers import positive, whole
from tinyaudio.errors import UserError
from tinyaudio.recipes.folder import RECIPES, open_run, read_about
from tinyaudio.recipes.run import evaluate_models, resolve_device, stack_clips
from tinyaudio.samplers.streaming import write


def add_generate(commands: Any) -> None:
    """``tinyaudio generate RUN``."""
    generate = commands.add_parser(
        "generate",
        help="write sound that a trained model makes",
        description="Generate sound from a run and write it to a file, one for each seed.",
    )
    generate.add_argument(
        "run_folder",
        type=Path,
        metavar="RUN",
        help="a folder that 'tinyaudio train' made, or a model of ours: wavenet-notes, ...",
    )
    generate.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="audio file; its suffix is its format (.wav, .flac, .ogg, .mp3)",
    )
    generate.add_argument(
        "--seconds", type=positive, metavar="S", help="length (default: 1, or what the model makes)"
    )
    generate.add_argument(
        "--seed",
        type=whole,
        nargs="+",
        default=[0],
        metavar="N",
        help="one clip for each; several are written as FILE-N (default: 0)",
    )
    generate.add_argument(
        "--temperature",
        type=positive,
        default=1.0,
        help="below 1 safer, above 1 wilder (default: 1)",
    )
    generate.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
    wishes = {field.name: field for recipe in RECIPES.values() for field in wishes_of(recipe)}
    groups: dict[str, Any] = {}
    for wish, field in wishes.items():
        takers = [
            name
            for name, recipe in RECIPES.items()
            if any(one.name == wish for one in wishes_of(recipe))
        ]
        title = f"of a run of {' or '.join(takers)}"
        if title not in groups:
            groups[title] = generate.add_argument_group(title)
        kind, what = field.metadata["type"], field.metadata["help"]
        groups[title].add_argument(
            "--" + wish.replace("_", "-"), type=kind, metavar=kind.__name__.upper(), help=what
        )
    generate.set_defaults(run=generate_command)


def generate_command(options: argparse.Namespace) -> None:
    """Let a trained model speak."""
    recipe, config, models = open_run(options.run_folder)
    wishes = wished(recipe, options)
    for model in models.values():
        model.to(resolve_device(options.device))
    places = [options.out]
    if len(options.seed) > 1:
        places = [options.out.with_stem(f"{options.out.stem}-{seed}") for seed in options.seed]
    seconds = options.seconds or recipe.default_seconds(config)
    n_samples = round(seconds * config.sample_rate) if math.isfinite(seconds) else None
    pieces = recipe.generate(config, models, seconds, options.seed, options.temperature, *wishes)
    n_made = write(places, pieces, config.sample_rate, n_samples)
    for place in places:
        print(f"{place}: {n_made / config.sample_rate:.3f} s at {config.sample_rate} Hz")


def wishes_of(recipe: ModuleType) -> tuple[Field[Any], ...]:
    """What can be asked of a recipe's runs: the fields of its `Wish`; nothing if it has none."""
    return fields(recipe.Wish) if hasattr(recipe, "Wish") else ()


def wished(recipe: ModuleType, options: argparse.Namespace) -> list[Any]:
    """The recipe's `Wish`, filled with the options that were given; nothing if it has none.

    Raises:
        UserError: An option was given that belongs to another recipe.
    """
    own = [field.name for field in wishes_of(recipe)]
    for other in RECIPES.values():
        for field in wishes_of(other):
            if field.name not in own and getattr(options, field.name) is not None:
                name = recipe.__name__.rpartition(".")[2]
                raise UserError(f"--{field.name}: a run of {name} cannot be asked for that")
    return [recipe.Wish(**{name: getattr(options, name) for name in own})] if own else []


def add_evaluate(commands: Any) -> None:
    """``tinyaudio evaluate RUN``."""
    evaluate = commands.add_parser(
        "evaluate",
        help="score a trained model on sound it has not heard",
        description="Score a run's models, as the recipe does while training.",
    )
    evaluate.add_argument(
        "run_folder",
        type=Path,
        metavar="RUN",
        help="a folder that 'tinyaudio train' made, or a model of ours: wavenet-notes, ...",
    )
    evaluate.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="audio to score (default: what the run held out)",
    )
    evaluate.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")
    evaluate.set_defaults(run=evaluate_command)


def evaluate_command(options: argparse.Namespace) -> None:
    """Score a run."""
    recipe, config, models = open_run(options.run_folder)
    for model in models.values():
        model.to(resolve_device(options.device))
    if options.data:
        clips = recipe.clips(config, options.data, "all")
    else:
        folder = read_about(options.run_folder)["data"]["folder"]  # None: procedural notes
        clips = recipe.clips(config, Path(folder) if folder else None, "valid")
    scores = evaluate_models(recipe, config, models, stack_clips(clips))
    if options.json:
        print(json.dumps(scores))
    else:
        for name, value in scores.items():
            print(f"{name:>20}  {value:.4f}")
