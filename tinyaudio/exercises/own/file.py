"""The reader's file: Python that is run, its own folder first on `sys.path`, and the functions that it has.

Implements: `OwnFile`, `read_file`; `Unwritten`, that a function is empty; `write_starter`, which begins a file.
See:        `tinyaudio.exercises.own.system`, for what is done with it.
"""

import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from tinyaudio.errors import UserError
from tinyaudio.exercises.unwritten import is_stub
from tinyaudio.files import atomic_write
from tinyaudio.python_file import frames_in, run_python_file

FUNCTIONS = ("build", "weights")  # of every file


class Unwritten(NotImplementedError):
    """A function of the file, named by the message, is still empty."""


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
        """A function of the file; it gets copies of tensors, and freezes networks only until it returns."""
        found: Callable[..., Any] = getattr(self.module, name)

        @wraps(found)
        def call(*arguments: Any) -> Any:
            networks = [one for one in arguments if isinstance(one, nn.Module)]
            flags = [(one, one.requires_grad) for net in networks for one in net.parameters()]
            try:
                return found(
                    *(one.clone() if isinstance(one, Tensor) else one for one in arguments)
                )
            finally:
                for parameter, flag in flags:
                    parameter.requires_grad_(flag)

        return call

    def build(self, config: Any, seed: int = 0) -> nn.Module:
        """The reader's network, its initial weights drawn from a seed.

        Raises:
            UserError: ``build`` returns something else than a `torch.nn.Module`.
        """
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            net = self.function("build")(config)
        if net is ... or (net is None and is_stub(self.module.build)):
            raise Unwritten("build")
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
        return frames_in(self.path, error)


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
    if path.suffix != ".py":
        raise UserError(f"{path}: is no Python file; give it a name that ends in .py")
    folder = str(path.resolve().parent)
    sys.path.insert(0, folder)
    try:
        module = run_python_file(path, f"own_file_{path.stem}")
    except (Exception, SystemExit) as error:
        passed = [error] if isinstance(error, SyntaxError) else frames_in(path, error)
        line = passed[-1].lineno if passed else None
        where = f"{path}, line {line}" if line else f"{path}"
        raise UserError(f"{where}: does not import ({first_line(error)})") from None
    finally:
        with suppress(ValueError):  # the file may have changed it, too
            sys.path.remove(folder)
    for one in functions:
        if not callable(getattr(module, one, None)):
            raise UserError(f"{path}: has no function {one}; the starter file (--start) shows it")
    return OwnFile(path, module)


def first_line(error: BaseException) -> str:
    """An exception, with the first line of its message.

    Example:
        >>> first_line(ValueError("too long"))
        'ValueError: too long'
    """
    return f"{type(error).__name__}: {error}".splitlines()[0]


def write_starter(path: Path, text: str) -> None:
    """Begin a file.

    Raises:
        UserError: There is a file already, or it cannot be written.
    """
    if path.exists():
        raise UserError(f"{path}: is there already; choose another name")
    with atomic_write(path) as file:
        file.write(text.encode())
