"""Options of the command line from what Python already says: fields of a configuration, keywords of a function.

Implements: `config_options`, `command_options`, `add_options`.
See:        `tinyaudio.recipe`, which says what a configuration and a command are.
"""

import argparse
import inspect
import math
import types
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints


@dataclass(frozen=True)
class Option:
    """One option.

    Attributes:
        name: Of the field or keyword; ``batch_size`` is ``--batch-size``.
        kind: Of its values: int, float, str, bool or Path.
        many: Whether it takes several values.
        default: Its value when it is not given; None is the function's own choice.
        help: One line.
    """

    name: str
    kind: type
    many: bool
    default: Any
    help: str

    @property
    def flag(self) -> str:
        """How it is written.

        Example:
            >>> Option("batch_size", int, False, 8, "clips a step").flag
            '--batch-size'
        """
        return "--" + self.name.replace("_", "-")


def config_options(config: Any) -> list[Option]:
    """The options of a run's configuration: the fields made by `tinyaudio.recipe.option`.

    Example:
        >>> from tinyaudio.recipe import RunConfig
        >>> [option.name for option in config_options(RunConfig())]
        ['sample_rate', 'batch_size', 'steps', 'seed']
    """
    found, hints = [], get_type_hints(type(config))
    for field in fields(config):
        if "help" in field.metadata:
            default = getattr(config, field.name)
            kind, many = value_kind(hints[field.name])
            found.append(Option(field.name, kind, many, default, field.metadata["help"]))
    return found


def command_options(command: Callable[..., Any]) -> list[Option]:
    """The options of a recipe's command: its keywords, each an `Annotated` type with a help text.

    Example:
        >>> def shorten(config, models, *, seconds: Annotated[float | None, "length in seconds"] = None): ...
        >>> command_options(shorten)
        [Option(name='seconds', kind=<class 'float'>, many=False, default=None, help='length in seconds')]
    """
    hints = get_type_hints(command, include_extras=True)
    found = []
    for name, parameter in inspect.signature(command).parameters.items():
        if parameter.kind is parameter.KEYWORD_ONLY:
            hint = hints.get(name, type(parameter.default))  # a recipe of one's own may have none
            kind, many = value_kind(hint)
            extras = getattr(hint, "__metadata__", ())
            text = next((extra for extra in extras if isinstance(extra, str)), "")
            found.append(Option(name, kind, many, parameter.default, text))
    return found


def value_kind(hint: Any) -> tuple[type, bool]:
    """The type of an option's values, and whether it takes several.

    Example:
        >>> value_kind(float | int | None), value_kind(Sequence[int])
        ((<class 'float'>, False), (<class 'int'>, True))
    """
    if get_origin(hint) is Annotated:
        return value_kind(get_args(hint)[0])
    if get_origin(hint) in (Union, types.UnionType):
        return value_kind(next(arg for arg in get_args(hint) if arg is not type(None)))
    if get_origin(hint) in (Sequence, list, tuple):
        return get_args(hint)[0], True
    return hint, False


def add_options(group: Any, options: Sequence[Option], *, say_default: str) -> None:
    """Give a parser these options; what is not given is left out of the parsed result.

    Args:
        group: A parser or a group of one.
        options: Those of a configuration or a command.
        say_default: How help names a default, such as "default: {}".
    """
    for option in options:
        text = option.help.replace("%", "%%")
        if option.default is not None:
            shown = " ".join(map(str, option.default)) if option.many else option.default
            text = f"{text} ({say_default.format(shown)})"
        if option.kind is bool:
            group.add_argument(
                option.flag,
                action=argparse.BooleanOptionalAction,
                default=argparse.SUPPRESS,
                help=text,
            )
        else:
            group.add_argument(
                option.flag,
                type=finite if option.kind is float else option.kind,
                nargs="+" if option.many else None,
                default=argparse.SUPPRESS,
                metavar="FILE" if option.kind is Path else option.kind.__name__.upper(),
                help=text,
            )


def finite(text: str) -> float:
    """A number that is neither infinite nor NaN.

    Example:
        >>> finite("0.5")
        0.5
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def whole(text: str) -> int:
    """0, 1, 2, ..."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 0 or more")
    return int(text)


def count(text: str) -> int:
    """1, 2, 3, ..."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number, 1 or more")
    return int(text)


def positive(text: str) -> float:
    """A number above 0."""
    value = finite(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value
