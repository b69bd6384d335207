"""Run the notebooks of both editions where the packages are Colab's, and write down which ran, and when.

The environment has Colab's versions of what is drawn, heard and moved, and this machine's packages for the
rest, torch among them, as hard links: whatever pip would do to them is seen, and harmless.  Its Python is
this machine's, not Colab's.  The record makes the appendix "Runs on Colab" (tools/book/colab_status.py).

    python -m tools.colab                       every notebook
    python -m tools.colab sound_into_numbers    both editions of these chapters
"""

import argparse
import datetime
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from tinyaudio.errors import UserError
from tinyaudio.files import atomic_write, locked
from tools.book import LANGUAGES, ROOT, BookError
from tools.book.check import sources
from tools.book.colab_status import RECORD, code_hash
from tools.book.edition import COLAB_PACKAGES, RECORDER_PACKAGES, repository

# What a Colab notebook finds installed, mid-2026 (its GPU image's pip list).
COLAB = {
    "torch": "2.11.0",
    "torchaudio": "2.11.0",
    "numpy": "2.0.2",
    "scipy": "1.16.3",
    "matplotlib": "3.10.0",
    "librosa": "0.11.0",
    "soundfile": "0.13.1",
    "ipywidgets": "7.7.1",
}
TORCH = ("torch", "torchaudio")
# Its IPython, with what that needs and newer ones do not; ipywidgets 7 needs the last.
FLOORS = {name: version for name, version in COLAB.items() if name not in TORCH} | {
    "ipython": "7.34.0",
    "backcall": "0.2.0",
    "pickleshare": "0.7.5",
    "ipython-genutils": "0.2.0",
}
HERE = Path(sysconfig.get_path("purelib"))
PACKAGE = ("tinyaudio", "pyproject.toml", "README.md", "LICENSE")  # what the wheel is made of


def main() -> int:
    """Run notebooks and return how many failed."""
    parser = argparse.ArgumentParser(
        prog="python -m tools.colab", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("chapters", nargs="*", help="(default: all)")
    options = parser.parse_args()
    try:
        return run_all([path.stem for path in sources(options.chapters)])
    except (BookError, UserError) as error:
        sys.exit(str(error))


def run_all(names: list[str]) -> int:
    """Run both editions of chapters and record them; returns how many failed."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="colab") as folder, environment() as python:
        wheel = build_wheel(Path(folder))
        offer_kernel(python, Path(folder))
        for name in names:
            for language in LANGUAGES:
                path = ROOT / "book" / language / f"{name}.ipynb"
                row = outcome(path, Path(folder), wheel)
                record(name, language, row)
                failed += row["result"] != "passed"
                print(f"{language} {name}: {row['result']}, {row['seconds']:.0f} s", flush=True)
    return failed


def outcome(path: Path, folder: Path, wheel: Path) -> dict[str, Any]:
    """How a notebook ran, and with what."""
    code, start = code_hash(nbformat.read(path, 4)), time.monotonic()
    try:
        run(path, folder, wheel)
        result = "passed"
    except CellExecutionError as error:
        result = f"failed: {error.ename}: {error.evalue}"[:200]
    except (CellTimeoutError, DeadKernelError) as error:
        result = f"failed: {type(error).__name__}"
    return {
        "code": code,
        "date": datetime.date.today().isoformat(),
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch").split("+")[0],
        "result": result,
        "seconds": round(time.monotonic() - start, 1),
    }


def record(name: str, language: str, row: dict[str, Any]) -> None:
    """Put a notebook's outcome into the record; the others stay."""
    path = ROOT / RECORD
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    rows.setdefault(name, {})[language] = row
    with atomic_write(path) as file:
        file.write((json.dumps(rows, indent=1, sort_keys=True) + "\n").encode())


@contextmanager
def environment() -> Iterator[Path]:
    """The Python of an environment like Colab's, in which tinyaudio is not installed; it goes afterwards.

    Raises:
        UserError: Another process has one.
    """
    place = ROOT / "_build" / "colab"  # beside torch: a file has its links on one disk
    home = place / "environment"
    with locked(place, UserError(f"{place}: another process runs notebooks there; wait for it")):
        shutil.rmtree(home, ignore_errors=True)  # of a process that was killed
        try:
            yield fill(home)
        finally:
            shutil.rmtree(home, ignore_errors=True)


def fill(home: Path) -> Path:
    """Make the environment in a folder; returns its Python."""
    venv.create(home, with_pip=True)
    (site,) = home.glob("lib/python3*/site-packages")
    own = ("tinyaudio", "pip", "setuptools", *COLAB_PACKAGES, *RECORDER_PACKAGES, *FLOORS)
    absent = set().union(*map(entries, own))
    for path in HERE.iterdir():
        if path.name in absent | {"__pycache__"} or path.suffix == ".pth":
            continue
        # Links file by file: pip removes a name before it writes one, and through a link to a
        # folder it would remove this machine's own.
        if path.is_dir():
            shutil.copytree(path, site / path.name, copy_function=os.link, dirs_exist_ok=True)
        else:
            os.link(path, site / path.name)
    python = home / "bin" / "python"
    pins = [f"{name}=={version}" for name, version in FLOORS.items()]
    call(python, "-m", "pip", "install", "-q", "--no-deps", *pins, cwd=home, PYTHONPATH="")
    return python


def entries(name: str) -> set[str]:
    """What a package has put beside the others in this machine's site-packages."""
    found = importlib.metadata.distributions(name=name, path=[str(HERE)])
    return {path.parts[0] for one in found for path in one.files or []} - {"..", "__pycache__"}


def offer_kernel(python: Path, folder: Path) -> None:
    """Let notebooks find a kernel of this Python, named colab."""
    kernel = folder / "jupyter" / "kernels" / "colab"
    kernel.mkdir(parents=True)
    words = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": words, "language": "python", "display_name": "colab"}
    (kernel / "kernel.json").write_text(json.dumps(about))
    os.environ["JUPYTER_PATH"] = str(folder / "jupyter")
    os.environ["PYTHONPATH"] = ""
    # With live sliders of ipywidgets 7, nbclient (which is not Colab's page) stopped at one in some
    # runs and waited; so sliders are the page's here, and a test tries a live one by itself.
    os.environ["TINYAUDIO_BUILD"] = "1"


def run(path: Path, folder: Path, wheel: Path) -> tuple[int, list[NotebookNode]]:
    """A chapter from top to bottom, as on Colab; `wheel` stands for the repository's address.

    Returns:
        How many cells install the package, and the cells that were run.
    """
    notebook = nbformat.read(path, 4)
    address = f"{repository()}/archive/refs/heads/main.zip"
    setups = [cell for cell in notebook.cells if address in cell.source]
    for cell in setups:
        cell.source = cell.source.replace(address, str(wheel))
    fake = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(fake))
    socket = folder / f"{path.parent.name}-{path.stem[:20]}"
    manager = AsyncKernelManager(kernel_name="colab", transport="ipc", ip=str(socket))
    client = NotebookClient(notebook, km=manager, timeout=120)
    client.owns_km = True
    client.execute(cwd=str(folder))
    return len(setups), [cell for cell in notebook.cells if cell.cell_type == "code"]


def build_wheel(folder: Path) -> Path:
    """The wheel, built from what git tracks."""
    source, out = folder / "source", folder / "wheel"
    files = call("git", "ls-files", "-z", "--", *PACKAGE, cwd=ROOT)
    for name in files.rstrip("\0").split("\0"):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source / name)
    out.mkdir()
    words = ("wheel", "--no-deps", "--no-build-isolation", "-w", out, source)
    call(sys.executable, "-m", "pip", *words, cwd=out)
    (path,) = out.glob("tinyaudio-*.whl")
    return path


def call(*words: object, cwd: Path, **environment: str) -> str:
    """Run a program; returns what it printed.

    Raises:
        RuntimeError: It failed; the message is what it complained about.
    """
    result = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)
    return result.stdout


if __name__ == "__main__":
    sys.exit(main())
