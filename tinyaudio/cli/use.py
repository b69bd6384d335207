"""``tinyaudio generate`` and the other verbs of recipes, and ``tinyaudio evaluate``: using a trained run.

A verb's options are the keywords of the recipe's function, so that they depend on the run: its folder
comes first, and ``tinyaudio generate RUN --help`` lists what can be asked of it.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinyaudio.checkpoints import TrainedRun, folder_of, open_run, shipped
from tinyaudio.cli.convert import TWO_FILES
from tinyaudio.cli.options import Option, add_options, command_options, count
from tinyaudio.cli.runs import to_device, write_clips
from tinyaudio.errors import UserError
from tinyaudio.recipe import Recipe
from tinyaudio.run import batches_of, evaluate_models

RUN = "a folder that 'tinyaudio train' made, or a model that comes with the package: "


def verbs_of(recipes: Sequence[Recipe[Any]]) -> dict[str, list[Recipe[Any]]]:
    """The verbs that come with a run first, each with the recipes that have it."""
    verbs: dict[str, list[Recipe[Any]]] = {}
    for recipe in recipes:
        for verb in recipe.commands:
            if verb not in TWO_FILES:
                verbs.setdefault(verb, []).append(recipe)
    return verbs


def add_verbs(commands: Any, recipes: Sequence[Recipe[Any]]) -> None:
    """The verbs as commands; a verb's words are read when it is known which run they are for."""
    for verb, having in verbs_of(recipes).items():
        lines = [f"  {r.name}: {flags(command_options(r.commands[verb]))}" for r in having]
        one = commands.add_parser(
            verb,
            help=f"write sound with a trained run of {', '.join(r.name for r in having)}",
            usage=f"tinyaudio {verb} RUN --out FILE [options]",
            description="Write the sound that a trained run makes, one file for each clip.",
            epilog="options by recipe; 'tinyaudio "
            + f"{verb} RUN --help' explains those of a run\n"
            + "\n".join(lines),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        one.add_argument("run_folder", metavar="RUN", help=RUN + ", ".join(shipped()))
        one.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
        one.set_defaults(run=verb_command, verb=verb)


def run_first(words: list[str]) -> list[str]:
    """The words of a command with its run in front of the options, which depend on it.

    Example:
        >>> run_first(["generate", "--out", "new.wav", "causal-notes"])
        ['generate', 'causal-notes', '--out', 'new.wav']
    """
    if len(words) < 2 or not words[1].startswith("-") or words[0] in ("train", "data", *TWO_FILES):
        return words
    at = [i for i, word in enumerate(words) if (folder_of(word) / "run.json").is_file()]
    return [words[0], words[at[0]], *words[1 : at[0]], *words[at[0] + 1 :]] if at else words


def flags(options: Sequence[Option]) -> str:
    """The options of a command in a line."""
    return ", ".join(option.flag for option in options)


def verb_command(options: argparse.Namespace) -> None:
    """Open the run, read the rest of the command line for it, and write what it makes."""
    run = open_run(options.run_folder, options.recipe)
    verb = options.verb
    if verb not in run.recipe.commands:
        raise UserError(
            f"a run of {run.recipe.name} has no command {verb!r}; it has:"
            f" {', '.join(run.recipe.commands) or 'only evaluate'}"
        )
    command = run.recipe.commands[verb]
    parser = verb_parser(run, verb)
    given, unknown = parser.parse_known_args(options.words)
    if unknown:
        raise UserError(
            f"{unknown[0]}: 'tinyaudio {verb}' cannot be asked for that of a run of"
            f" {run.recipe.name}, only for {flags(command_options(command))}"
        )
    keywords = {k: v for k, v in vars(given).items() if k not in ("out", "device")}
    to_device(run, given.device)
    pieces = command(run.config, run.models, **keywords)
    places, seeds = [given.out], keywords.get("seeds", [])
    if len(seeds) > 1:
        places = [given.out.with_stem(f"{given.out.stem}-{seed}") for seed in seeds]
    sample_rate, seconds = run.config.sample_rate, keywords.get("seconds")
    n_samples = round(seconds * sample_rate) if seconds else None
    write_clips(places, pieces, sample_rate, n_samples)


def verb_parser(run: TrainedRun, verb: str) -> argparse.ArgumentParser:
    """Reads the options of one run's command."""
    command = run.recipe.commands[verb]
    parser = argparse.ArgumentParser(
        prog=f"tinyaudio {verb} RUN", description=command.__doc__, allow_abbrev=True
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="audio file; its suffix is its format (.wav, .flac, .ogg, .mp3)",
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
    group = parser.add_argument_group(f"options of a run of {run.recipe.name}")
    add_options(group, command_options(command), say_default="default: {}")
    return parser


def add_evaluate(commands: Any) -> None:
    """``tinyaudio evaluate RUN``."""
    evaluate = commands.add_parser(
        "evaluate",
        help="score a trained run on held-out sound",
        description="Score a run's networks, as the recipe does while training, on all held-out clips.",
    )
    evaluate.add_argument("run_folder", metavar="RUN", help=RUN + ", ".join(shipped()))
    evaluate.add_argument(
        "--data",
        type=Path,
        metavar="FOLDER",
        help="audio to score (default: what the run held out)",
    )
    evaluate.add_argument(
        "--clips", type=count, metavar="N", help="score the first N clips only (default: all)"
    )
    evaluate.add_argument("--device", default="auto", help="auto, cpu, cuda, ... (default: auto)")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")
    evaluate.set_defaults(run=evaluate_command)


def evaluate_command(options: argparse.Namespace) -> None:
    """Score a run."""
    run = open_run(options.run_folder, options.recipe)
    to_device(run, options.device)
    folder, split = options.data, "all"
    if folder is None:
        trained_on = run.metadata.get("data", {}).get("folder")  # None: the recipe's own sound
        folder, split = Path(trained_on) if trained_on else None, "valid"
    dataset = run.recipe.dataset(run.config, split, folder)
    batches = batches_of(dataset, options.clips)
    scores = evaluate_models(run.recipe, run.config, run.models, batches)
    if options.json:
        print(json.dumps(scores))
    else:
        for name, value in scores.items():
            print(f"{name:>20}  {value:.4f}")
