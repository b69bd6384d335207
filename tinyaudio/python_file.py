"""A reader's Python file, run as a module of another name.

Implements: `run_python_file`; `frames_in`, where an exception passed the file.
See:        `tinyaudio.recipes.load_recipe_file` and `tinyaudio.exercises.own.file`, which run such files.
"""

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType


def run_python_file(path: Path, name: str) -> ModuleType:
    """Run a file as the module `name`, so that a file called torch.py is no harm.

    It is compiled anew: Python's own cache takes an edit within a second, of equal length, for no edit.

    Raises:
        ValueError: The file's name does not end in .py.
        Exception: Whatever the file itself raises.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     own = Path(folder) / "torch.py"
        ...     _ = own.write_text("answer = 6 * 7")
        ...     run_python_file(own, "own_torch").answer
        42
    """
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None:
        raise ValueError(f"{path}: is no Python file; give it a name that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # where dataclasses look for the types of their fields
    exec(compile(path.read_bytes(), spec.origin or path, "exec"), module.__dict__)
    return module


def frames_in(path: Path, error: BaseException) -> list[traceback.FrameSummary]:
    """What an exception passed in a file, outermost first."""
    trace = traceback.extract_tb(error.__traceback__)
    return [one for one in trace if Path(one.filename).resolve() == path.resolve()]
