"""The errors a user can cause: each carries one line that says what was wrong, where, and what to do."""

import difflib
from collections.abc import Collection


class UserError(Exception):
    """Something outside the program is wrong; the command line prints the message and exits with 2."""


class AudioError(UserError):
    """A file or array that is not usable sound."""


class DataError(UserError):
    """A folder, corpus or soundfont that cannot be used for training."""


class PastEndError(AudioError):
    """A sound file ends before the place asked for."""


class CheckpointError(UserError):
    """Weights or training state that cannot be read, do not fit, or cannot be written."""


class TrainingError(UserError):
    """Training that cannot go on, such as a loss that is no longer finite."""


class UnknownNameError(UserError):
    """A name that is none of those there are; the message has the nearest one first.

    Args:
        kind: What it should have named.
        name: That was given.
        names: Those there are.
        otherwise: What else to do, in words.

    Example:
        >>> print(UnknownNameError("recipe", "wavegn", ["vqvae", "wavegan"]))
        no recipe 'wavegn'; perhaps 'wavegan'; there are: vqvae, wavegan
    """

    def __init__(self, kind: str, name: str, names: Collection[str], otherwise: str = "") -> None:
        near = difflib.get_close_matches(name, names, n=1)
        hint = f"perhaps {near[0]!r}; " if near else ""
        there_are = f"there are: {', '.join(names)}"
        super().__init__(
            f"no {kind} {name!r}; {hint}{there_are}{'. ' if otherwise else ''}{otherwise}"
        )


class ConfigError(UserError):
    """A setting of a run has a value that it cannot have.

    Args:
        name: Of the setting.
        value: That it was given.
        reason: What is wrong, and a value that would do.

    Example:
        >>> print(ConfigError("batch_size", 0, "must be 1 or more").as_option)
        --batch-size 0: must be 1 or more
    """

    def __init__(self, name: str, value: object, reason: str) -> None:
        super().__init__(f"{name} {value}: {reason}")
        self.as_option = f"--{name.replace('_', '-')} {value}: {reason}"
