"""Systems that the reader builds, and what shows that they are right: `tinyaudio exercise own-wavenet FILE`.

The reader's file has ``build(config)``, a network, and ``weights(shipped, config)``, an adapter of a few lines
that gives the network's weights, by its own names, from those that come with the package.  The package then
runs its own tests on the reader's network, and compares it layer by layer with the shipped one.

Implements: `NAMES`; `load_system`, one of them.
See:        `tinyaudio.exercises.own.system`, what a system is; `tinyaudio.cli.exercise`, the command.
"""

import importlib

from tinyaudio.errors import UnknownNameError
from tinyaudio.exercises.own.system import System

NAMES = ("own-wavenet", "own-vqvae", "own-critic", "own-gan", "own-denoiser")


def load_system(name: str) -> System:
    """One of the systems.

    Raises:
        UnknownNameError: There is none of that name.

    Example:
        >>> load_system("own-critic").shipped
        'wavegan-drums'
    """
    if name not in NAMES:
        raise UnknownNameError("exercise", name, NAMES)
    module = f"tinyaudio.exercises.own.{name.removeprefix('own-')}"
    found: System = importlib.import_module(module).SYSTEM
    return found
