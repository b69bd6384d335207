"""The systems of the book, one runnable file each: data → model → objective → loop → sound.

A file fills one `tinyaudio.recipe.Recipe` and is named in `NAMES`; there is no other place to enter it.
It is read when it is asked for, so that a chapter that opens one model does not load all others.

Implements: `NAMES`; `load_recipe`, one of them; `load_recipe_file`, a recipe of one's own.
See:        `tinyaudio.run`, which runs them.
"""

import importlib
from pathlib import Path
from typing import Any

from tinyaudio.errors import UnknownNameError, UserError
from tinyaudio.python_file import frames_in, run_python_file
from tinyaudio.recipe import Recipe

NAMES = (
    "autoregressive",
    "wavenet",
    "speech",
    "vocoder",
    "istft-vocoder",
    "diffwave",
    "wavegrad",
    "hifigan",
    "univnet",
    "waveglow",
    "autoencoder",
    "wavenet-autoencoder",
    "vqvae",
    "vqvae-wavenet",
    "translation",
    "translation-wavenet",
    "singing",
    "singing-wavenet",
    "wavegan",
    "ddpm",
    "audiounet",
    "mugan",
    "vae-wgan",
    "gansynth",
    "gansynth-small",
    "pitch-classifier",
    "upsampling",
)


def load_recipe(name: str) -> Recipe[Any]:
    """A recipe of the package.

    Raises:
        UnknownNameError: There is none of that name.

    Example:
        >>> load_recipe("wavegan").name
        'wavegan'
    """
    if name not in NAMES:
        raise UnknownNameError("recipe", name, NAMES, "One of your own: --recipe FILE.py")
    module = f"tinyaudio.recipes.{name.replace('-', '_')}"
    return checked(importlib.import_module(module).RECIPE, name, name)


def load_recipe_file(path: Path) -> Recipe[Any]:
    """A recipe of one's own: a Python file that ends with ``RECIPE = Recipe(...)``.

    The file is run, as Python runs any module: pass only what you would run.

    Raises:
        UserError: There is no such file, it does not run, or has no recipe of its own name.
    """
    if path.stem in NAMES:
        raise UserError(
            f"--recipe {path}: {path.stem!r} is a recipe of the package; choose another name"
        )
    if not (path.is_file() and path.suffix == ".py"):
        raise UserError(f"--recipe {path}: no such Python file")
    try:
        loaded = run_python_file(path, f"recipe_file_{path.stem}")
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        passed = frames_in(path, error)
        line = f", line {passed[-1].lineno}" if passed else ""
        raise UserError(
            f"--recipe {path}{line}: does not import ({type(error).__name__}: {error})"
        ) from None
    return checked(vars(loaded).get("RECIPE"), path.stem, f"--recipe {path}")


def checked(found: object, name: str, where: str) -> Recipe[Any]:
    """What a file calls RECIPE, if it is a recipe and has the file's name."""
    if not isinstance(found, Recipe):
        raise UserError(f"{where}: has no recipe; end the file with RECIPE = Recipe(...)")
    if found.name != name:
        raise UserError(f"{where}: the recipe calls itself {found.name!r}; name it {name!r}")
    return found
