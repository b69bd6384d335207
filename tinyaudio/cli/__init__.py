"""The command line: ``tinyaudio train | generate | evaluate | data``.

Exit codes: 0 done, 2 something the user can mend (one line on standard error), 130 interrupted.
"""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from tinyaudio import __version__
from tinyaudio.cli import data, train, use
from tinyaudio.errors import UserError

EXAMPLES = """\
examples
  tinyaudio train autoregressive --data my_sounds --out runs/mine
      learn to predict your own recordings, sample by sample; run it again to go on
  tinyaudio generate runs/mine --seconds 1 --out new.wav
      let the model speak
  tinyaudio generate wavenet-notes --family flute --pitch 72 --out flute.wav
      ask a model that comes with the package
  tinyaudio evaluate runs/mine --data other_sounds
      how well it predicts sound that it has not heard
  tinyaudio data check my_sounds
      what is in a folder, and what would be left out
  tinyaudio data notes notes --n 100
      write procedural instrument notes to listen to

Every command explains itself: tinyaudio train --help, tinyaudio train autoregressive --help.
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line.

    Args:
        arguments: The words after ``tinyaudio``; by default, those of the process.

    Raises:
        SystemExit: Always, with the exit code.
    """
    options = parser().parse_args(arguments)
    warnings.formatwarning = in_one_line
    try:
        options.run(options)
    except UserError as error:
        print(f"tinyaudio: error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("tinyaudio: interrupted", file=sys.stderr)
        sys.exit(130)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(0)


def in_one_line(message: Warning | str, *where: object, **more: object) -> str:
    """A warning as a user wants to read it, without the place in our code."""
    return f"tinyaudio: {message}\n"


def parser() -> argparse.ArgumentParser:
    """All commands and their options; recipes' options are the fields of their configurations."""
    top = argparse.ArgumentParser(
        prog="tinyaudio",
        description="Neural audio generation, small enough to read.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"tinyaudio {__version__}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    train.add_train(commands)
    use.add_generate(commands)
    use.add_evaluate(commands)
    data.add_data(commands)
    return top
