"""The command line: ``tinyaudio train | generate | convert | translate | upsample | chain | evaluate | ...``.

Exit codes: 0 done, 1 a test of the user's own system failed, 2 something the user can mend (one line on
standard error), 130 interrupted, 141 the reader of the output went away.
"""

import argparse
import io
import os
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tinyaudio import __version__
from tinyaudio.cli import chain, convert, data, exercise, submit, train, upsample, use
from tinyaudio.errors import UserError
from tinyaudio.memory import limit_memory, out_of_memory
from tinyaudio.recipe import Recipe
from tinyaudio.recipes import NAMES, load_recipe, load_recipe_file
from tinyaudio.run import discard_output

EXAMPLES = """\
examples
  tinyaudio train autoregressive --data my_sounds --out runs/mine
      learn to predict your own recordings, sample by sample; run it again to resume
  tinyaudio generate runs/mine --seconds 1 --out new.wav
      write sound that the model makes
  tinyaudio generate causal-notes --seconds 1 --seeds 1 2 3 --out note.wav
      with a model that comes with the package
  tinyaudio convert speech.wav converted.wav --to 3
      speech in the voice of another speaker
  tinyaudio convert song.wav sung.wav --model singing --to 3
      a song in the voice of another singer, in its key
  tinyaudio translate melody.wav translated.wav --to guitar
      a melody as another instrument plays it
  tinyaudio upsample speech.wav speech-48k.wav
      a recording of 8 kHz or more with a high band up to 24 kHz
  tinyaudio chain speech.wav other-voice-48k.wav --to 3 --keep links
      speech in another voice at 48 kHz, with the sound that each link makes
  tinyaudio evaluate runs/mine --data other_sounds
      how well it predicts sound that it was not trained on
  tinyaudio train --recipe my_system.py --out runs/mine
      train a system of your own; --recipe FILE.py goes with every command on its runs
  tinyaudio data check my_sounds
      what is in a folder, and what would be left out
  tinyaudio data notes notes --n 100
      write procedural instrument notes
  tinyaudio exercise own-wavenet --start my_wavenet.py
      build a system of your own; without --start, its tests; with --train, its sound
  tinyaudio submit vqvae.ipynb wavenet.ipynb --name "홍길동 2026-12345"
      pack an assignment's notebooks into one zip

Every command explains itself: tinyaudio train --help, tinyaudio train autoregressive --help,
tinyaudio generate RUN --help.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
        arguments: The words after ``tinyaudio``; by default, those of the process.

    Raises:
        SystemExit: Always, with the exit code.
    """
    warnings.formatwarning = in_one_line
    open_standard_streams()
    try:
        words, own = take_recipe(sys.argv[1:] if arguments is None else [*arguments])
        options = parser(own).parse_args(use.run_first(words))
        options.recipe = getattr(options, "recipe", own)
        with limit_memory():
            options.run(options)
    except UserError as error:
        print(f"tinyaudio: error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("tinyaudio: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        discard_output()
        sys.exit(141)  # as for a process that SIGPIPE ends
    except (MemoryError, RuntimeError) as error:
        if (message := out_of_memory(error)) is None:
            raise
        print(f"tinyaudio: error: {message}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)


def open_standard_streams() -> None:
    """Let there be standard streams, and let them take any file name.

    With one closed, as by ``2>&-``, the next file that is opened would get its number, and libraries
    that write to it would write into that file.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest free number, which is this one
    sys.stdout = sys.stdout or open(1, "w", closefd=False)
    sys.stderr = sys.stderr or open(2, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not where a test or notebook put its own
            stream.reconfigure(errors="backslashreplace")  # for names that are not UTF-8


def in_one_line(message: Warning | str, *where: object, **more: object) -> str:
    """A warning as a user wants to read it, without the place in our code."""
    return f"tinyaudio: {message}\n"


def take_recipe(words: list[str]) -> tuple[list[str], Recipe[Any] | None]:
    """Take ``--recipe FILE.py`` out of the words; ``train`` then names the file's recipe.

    Raises:
        UserError: The file is missing, or has no recipe.

    Example:
        >>> take_recipe(["data", "check", "my_sounds"])
        (['data', 'check', 'my_sounds'], None)
    """
    at = next((i for i, word in enumerate(words) if word.split("=")[0] == "--recipe"), None)
    if at is None:
        return words, None
    _, equals, file = words[at].partition("=")
    if not equals and at + 1 == len(words):
        raise UserError("--recipe: name a Python file, such as --recipe my_system.py")
    own = load_recipe_file(Path(file if equals else words[at + 1]))
    rest = words[:at] + words[at + (1 if equals else 2) :]
    if rest[:1] == ["train"] and rest[1:2] != [own.name]:
        rest.insert(1, own.name)
    return rest, own


def parser(own: Recipe[Any] | None = None) -> argparse.ArgumentParser:
    """All commands; their options are the fields and keywords of the recipes.

    Args:
        own: A recipe beside those of the package.
    """
    top = argparse.ArgumentParser(
        prog="tinyaudio",
        description="Neural audio generation, small enough to read.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"tinyaudio {__version__}")
    recipes = [*map(load_recipe, NAMES), *([own] if own else [])]
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    train.add_train(commands, recipes)
    use.add_verbs(commands, recipes)
    convert.add_conversions(commands)
    upsample.add_upsample(commands)
    chain.add_chain(commands)
    use.add_evaluate(commands)
    data.add_data(commands)
    exercise.add_exercise(commands)
    submit.add_submit(commands)
    return top
