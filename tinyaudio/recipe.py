"""What a system is to the rest of the package: one typed record, filled at the end of its recipe's file.

A recipe joins data, model, objective and sampler.  Whatever runs one (`tinyaudio.run`, the command
line, a test) sees nothing but a `Recipe`, so that a system of one's own needs one file and no change
of the package:

    tinyaudio train --recipe my_system.py --out runs/mine

Implements: `RunConfig` and `option`, the settings of a run, checked when they are made; `Recipe`;
            `network`, a trained network by its learner's name; `chosen`, a speaker by name.
See:        `tinyaudio.recipes` for the systems of the book.
"""

import dataclasses
import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Generic, TypeVar

from torch import Tensor, nn
from torch.utils.data import Dataset

from tinyaudio.errors import CheckpointError, ConfigError, UserError
from tinyaudio.train import Batch, Learner

MAX_SEED = 2**63 - 1  # of torch's generators
Models = Mapping[str, nn.Module]  # the networks of a run, by the names of their learners
Network = TypeVar("Network", bound=nn.Module)

# Keywords that most commands have: a type, and the help text of the option.
Seconds = Annotated[float | int | None, "length in seconds (default: what the model makes)"]
Seeds = Annotated[Sequence[int], "one clip for each seed; several are written as FILE-SEED"]
Temperature = Annotated[float | int, "below 1 likelier, above 1 more varied than the model's own"]
Pitch = Annotated[int, "MIDI pitch of all clips"]
Melody = Annotated[Path | None, "MIDI file to play, each clip by a latent of its own"]


def option(
    default: Any,
    help: str,
    *,
    minimum: float | int | None = None,
    maximum: float | int | None = None,
) -> Any:
    """A setting of a run, which is also an option of the command line.

    Args:
        default: Its value at tiny size; its type is the option's.
        help: One line, with the unit.
        minimum: The least value, if there is one.
        maximum: The greatest value, if there is one.
    """
    return field(default=default, metadata={"help": help, "minimum": minimum, "maximum": maximum})


@dataclass(frozen=True)
class RunConfig:
    """What makes a run, beside the data; a run resumes only under the same configuration.

    A recipe adds its model's configuration and its own options as fields.  Nested configurations are
    frozen dataclasses; all values are numbers, words or tuples of them, so that JSON can hold them.

    Raises:
        ConfigError: A value is out of the range that its `option` gives.

    Example:
        >>> RunConfig(batch_size=0)
        Traceback (most recent call last):
        tinyaudio.errors.ConfigError: batch_size 0: must be 1 or more
    """

    sample_rate: int = option(16_000, "sample rate of training and generation, in Hz", minimum=1)
    batch_size: int = option(8, "clips a step, over all processes", minimum=1)
    steps: int = option(400, "steps to train for", minimum=1)
    seed: int = option(
        0, "decides initial weights, crops and their order", minimum=0, maximum=MAX_SEED
    )

    def __post_init__(self) -> None:
        for one in fields(self):
            low, high = one.metadata.get("minimum"), one.metadata.get("maximum")
            value = getattr(self, one.name)
            if isinstance(value, int | float) and not in_range(value, low, high):
                raise ConfigError(one.name, value, f"must be {range_in_words(low, high)}")


def in_range(value: float | int, low: float | int | None, high: float | int | None) -> bool:
    """Whether a value is finite and between two bounds; None is no bound.

    Example:
        >>> in_range(3, 1, None), in_range(float("nan"), None, None)
        (True, False)
    """
    lowest = -float("inf") if low is None else low
    highest = float("inf") if high is None else high
    return abs(value) < float("inf") and lowest <= value <= highest


def range_in_words(low: float | int | None, high: float | int | None) -> str:
    """Two bounds as an error message has them.

    Example:
        >>> range_in_words(1, None), range_in_words(0, 1)
        ('1 or more', 'from 0 to 1')
    """
    if low is not None and high is not None:
        return f"from {low} to {high}"
    return "a finite number" if low is None else f"{low} or more"


C = TypeVar("C", bound=RunConfig)  # of a recipe


@dataclass(frozen=True)
class Recipe(Generic[C]):
    """A system: what it learns from, what learns, how it is scored, and what it can do.

    Attributes:
        name: Of the file, and on the command line.
        description: The file's docstring: a line that says what is learned, then more.
        sizes: Configurations by name; "tiny" learns in minutes on two CPU cores, "paper" is the paper's.
        dataset: ``(config, split, folder)`` to items with ``audio``; split is "train", "valid" or
            "all", folder is the user's audio, or None for the recipe's own.
        learners: Freshly initialised, one for each set of weights that trains with a loss of its own;
            a loss may use other learners' networks.  Seeded by the configuration.
        evaluate: ``(config, models, batches)`` to scores, on sound that was held out.
        commands: Verbs, such as "generate" or "convert", by name.  Each is a function ``(config, models,
            *, ...)`` whose keywords are the options of its command: a type, `Annotated` with a help
            text, and a default.  It returns pieces (B, channels, n) of B clips at the configuration's
            sample rate, one behind the other, and raises before the first one what can be known before.
        for_folder: ``(config, folder)`` to the configuration for the user's folder, if it differs: without
            labels, or with the folder's own.

    Raises:
        TypeError: There is no size "tiny", or a command's parameters are not as above.
    """

    name: str
    description: str
    sizes: Mapping[str, C]
    dataset: Callable[[C, str, Path | None], Dataset]
    learners: Callable[[C], list[Learner]]
    evaluate: Callable[[C, Models, Iterable[Batch]], dict[str, float]]
    commands: Mapping[str, Callable[..., Iterable[Tensor]]]
    for_folder: Callable[[C, Path], C] | None = None

    def __post_init__(self) -> None:
        if "tiny" not in self.sizes:
            raise TypeError(f"recipe {self.name!r}: has no size 'tiny'")
        for verb, command in self.commands.items():
            first, second, *keywords = inspect.signature(command).parameters.values()
            if (first.name, second.name) != ("config", "models") or any(
                p.kind is not p.KEYWORD_ONLY or p.default is p.empty for p in keywords
            ):
                raise TypeError(
                    f"recipe {self.name!r}: the command {verb!r} must be (config, models, *, ...)"
                    " with a default for every keyword"
                )

    @property
    def tiny(self) -> C:
        """The configuration that the command line starts from."""
        return self.sizes["tiny"]

    def read_config(self, saved: Mapping[str, Any]) -> C:
        """The configuration whose `dataclasses.asdict` went through JSON.

        Raises:
            TypeError: A field is unknown or of another type.
        """
        values: dict[str, Any] = {}
        for name, value in saved.items():
            default = getattr(self.tiny, name, None)
            if dataclasses.is_dataclass(default) and isinstance(value, dict):
                value = dataclasses.replace(default, **value)  # type: ignore[type-var]
            values[name] = tuple(value) if isinstance(value, list) else value
            expected = (int, float) if isinstance(default, float) else type(default)
            if isinstance(default, int | float | str) and not isinstance(value, expected):
                raise TypeError(f"{name} is {value!r}")
        return type(self.tiny)(**values)


def networks(learners: Sequence[Learner]) -> dict[str, nn.Module]:
    """The networks to evaluate, save and generate with, by name: the average, where there is one."""
    return {one.name: one.ema.module if one.ema else one.module for one in learners}


def network(models: Models, name: str, kind: type[Network]) -> Network:
    """A trained network, of the class that the caller needs.

    Raises:
        CheckpointError: There is none of that name or class, as in a shipped model without its critic.

    Example:
        >>> network({"net": nn.Linear(2, 3)}, "net", nn.Linear).out_features
        3
    """
    if name not in models:
        raise CheckpointError(
            f"this needs the network {name!r}, which was not saved; there are: {', '.join(models)}"
        )
    found = models[name]
    if not isinstance(found, kind):
        raise CheckpointError(
            f"the network {name!r} is a {type(found).__name__}, not a {kind.__name__}"
        )
    return found


def chosen(name: str | None, names: Sequence[str]) -> int:
    """The number of the speaker, or instrument, that a command is asked for; the first if None is.

    Raises:
        UserError: There is none of that name.

    Example:
        >>> chosen("anna", ("anna", "ben"))
        0
    """
    if name is None:
        return 0
    if name not in names:
        raise UserError(f"--to {name}: this run has none of that name; it has: {', '.join(names)}")
    return list(names).index(name)
