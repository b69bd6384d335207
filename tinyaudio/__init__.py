"""Neural audio generation, small enough to read.

The package follows a sound on its way: ``audio`` reads it, ``data`` collects it, ``represent``
turns it into what a model sees, ``models`` predict it, ``objectives`` judge them, ``train`` improves
them, ``samplers`` generate with them, ``metrics`` measure the result.  Each chapter of the book
imports the modules that it explains.

The few names that a reader types first are here; each is loaded when it is first used:

    >>> import tinyaudio as ta
    >>> clip, sample_rate = ta.load("song.wav")  # doctest: +SKIP
    >>> model = ta.pretrained("causal-notes")  # doctest: +SKIP
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.2.0"

if TYPE_CHECKING:
    from tinyaudio.audio import load, resample, save
    from tinyaudio.checkpoints import pretrained
    from tinyaudio.show import player

__all__ = ["load", "player", "pretrained", "resample", "save"]


def __getattr__(name: str) -> Any:
    """Load a front-door name from its module; ``import tinyaudio`` alone stays instant."""
    from importlib import import_module

    homes = {"load": "audio", "save": "audio", "resample": "audio"}
    homes |= {"pretrained": "checkpoints", "player": "show"}
    if name not in homes:
        raise AttributeError(f"module 'tinyaudio' has no attribute {name!r}")
    return getattr(import_module(f"tinyaudio.{homes[name]}"), name)
