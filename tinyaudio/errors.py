"""The errors a user can cause: each carries one line that says what was wrong, where, and what to do."""


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
