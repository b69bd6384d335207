"""The reader's file: Python that is run, as ``python FILE`` would run it, and the functions that it has.

Implements: `OwnFile`, `read_file`; `write_starter`, which begins one.
See:        `tinyaudio.exercises.own.system`, for what is done with it.
"""

import importlib.util
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import nn

from tinyaudio.errors import UserError

FUNCTIONS = ("build", "weights")  # of every file


@dataclass(frozen=True)
class OwnFile:
    """A file that was run.

    Attributes:
        path: Where it is.
        module: What running it left.
    """

    path: Path
    module: ModuleType

    def function(self, name: str) -> Callable[..., Any]:
        """A function of the file."""
        found: Callable[..., Any] = getattr(self.module, name)
        return found

    def build(self, config: Any, seed: int = 0) -> nn.Module:
        """The reader's network, its initial weights drawn from a seed.

        Raises:
            UserError: ``build`` returns something else than a `torch.nn.Module`.
        """
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = self.function("build")(config)
        if net is None or net is ...:
            raise NotImplementedError
        if not isinstance(net, nn.Module):
            kind = type(net).__name__
            raise UserError(
                f"{self.path}: build(config) returns {kind}; return your torch.nn.Module"
            )
        return net

    def line_of(self, error: BaseException) -> int | None:
        """The last line of the file that an exception passed; None if it did not."""
        lines = [frame.lineno for frame in self.frames_of(error)]
        return lines[-1] if lines else None

    def frames_of(self, error: BaseException) -> list[traceback.FrameSummary]:
        """What an exception passed in the file, outermost first."""
        trace = traceback.extract_tb(error.__traceback__)
        return [one for one in trace if Path(one.filename).resolve() == self.path.resolve()]


def read_file(path: Path, functions: Sequence[str] = FUNCTIONS) -> OwnFile:
    """Run a file and look for its functions.

    Args:
        path: Of the file, which is run: pass only what you would run.
        functions: Names of the functions that it must have.

    Raises:
        UserError: There is no such file, it does not import, or lacks a function.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; --start {path} begins one")
    name = f"own_file_{path.stem}"  # so that a file called torch.py is no harm
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UserError(f"{path}: is no Python file; give it a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the types of their fields
    own = OwnFile(path, module)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        line = error.lineno if isinstance(error, SyntaxError) else own.line_of(error)
        where = f"{path}, line {line}" if line else f"{path}"
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        raise UserError(f"{where}: does not import ({what})") from None
    for one in functions:
        if not callable(getattr(module, one, None)):
            raise UserError(f"{path}: has no function {one}; the starter file (--start) shows it")
    return own


def write_starter(path: Path, text: str) -> None:
    """Begin a file.

    Raises:
        UserError: There is a file already, or it cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path}: is there already; choose another name") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({error.strerror})") from None
