"""The promise to readers on Colab: the setup cell adds what is missing, and torch stays as it is.

The environment is Colab's where it matters: its versions of what is drawn, heard and moved, and this
machine's packages for the rest, torch among them, as hard links: whatever pip would do to them is seen,
and harmless.
It stands on this machine's Python, not on Colab's 3.13.
"""

import ast
import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import nbformat
import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from tests import test_wheel
from tests.test_project import COLAB
from tests.test_wheel import call
from tools.book.edition import COLAB_PACKAGES, repository
from tools.lock import canonical

ROOT = Path(__file__).parents[1]
wheel = test_wheel.wheel  # the fixture
HERE = Path(sysconfig.get_path("purelib"))
CHAPTERS = sorted((ROOT / "book" / "ko").glob("*.ipynb"))
TORCH = ("torch", "torchaudio")
# Its IPython, with what that needs and newer ones do not; ipywidgets 7 needs the last.
FLOORS = {name: version for name, version in COLAB.items() if name not in TORCH} | {
    "ipython": "7.34.0",
    "backcall": "0.2.0",
    "pickleshare": "0.7.5",
    "ipython-genutils": "0.2.0",
}
# Further packages of its image.
THERE = {
    *COLAB,
    "ipython",
    "tqdm",
    "filelock",
    "safetensors",
    "huggingface-hub",
    "typing-extensions",
}


def entries(name):
    """What a package has put beside the others in this machine's site-packages."""
    found = importlib.metadata.distributions(name=name, path=[str(HERE)])
    return {path.parts[0] for one in found for path in one.files or []} - {"..", "__pycache__"}


@pytest.fixture(scope="module")
def colab(tmp_path_factory):
    """The Python of an environment like Colab's, in which tinyaudio is not installed."""
    home = ROOT / "_build" / "colab"  # beside torch: a file has its links on one disk
    shutil.rmtree(home, ignore_errors=True)
    venv.create(home, with_pip=True)
    (site,) = home.glob("lib/python3*/site-packages")
    absent = set().union(
        *map(entries, ("tinyaudio", "pip", "setuptools", *COLAB_PACKAGES, *FLOORS))
    )
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
    yield python
    shutil.rmtree(home)


def installed(python):
    """Every package of this environment: name, version, and the hash of its list of files."""
    (site,) = python.parents[1].glob("lib/python3*/site-packages")
    return {
        (
            canonical(one.metadata["Name"]),
            one.version,
            hashlib.sha256((one.read_text("RECORD") or "").encode()).hexdigest(),
        )
        for one in importlib.metadata.distributions(path=[str(site)])
    }


def files_of_torch(python):
    """Every file of torch: which it is on the disk, how long, when written."""
    (site,) = python.parents[1].glob("lib/python3*/site-packages")
    return {
        (path, path.stat().st_ino, path.stat().st_size, path.stat().st_mtime_ns)
        for name in set().union(*map(entries, TORCH))
        for path in (site / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def run(path, python, folder, wheel):
    """A chapter from top to bottom, as on Colab; `wheel` stands for the repository's address."""
    notebook = nbformat.read(path, 4)
    address = f"{repository()}/archive/refs/heads/main.zip"
    setups = [cell for cell in notebook.cells if address in cell.source]
    for cell in setups:
        cell.source = cell.source.replace(address, str(wheel))
    fake = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')"
    notebook.cells.insert(0, nbformat.v4.new_code_cell(fake))
    manager = AsyncKernelManager(
        kernel_name="colab", transport="ipc", ip=str(folder / f"{path.stem}-socket")
    )
    client = NotebookClient(notebook, km=manager, timeout=120)
    client.owns_km = True
    client.execute(cwd=str(folder))
    return len(setups), [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.slow
def test_the_setup_cell_leaves_torch_alone_and_every_chapter_runs(
    colab,
    wheel,
    tmp_path,
    monkeypatch,
):
    kernel = tmp_path / "jupyter" / "kernels" / "colab"
    kernel.mkdir(parents=True)
    words = [str(colab), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": words, "language": "python", "display_name": "colab"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("PYTHONPATH", "")
    # With live sliders of ipywidgets 7, nbclient (which is not Colab's page) stopped at one in some
    # runs and waited; so sliders are the page's here, and a live one is tried by itself below.
    monkeypatch.setenv("TINYAUDIO_BUILD", "1")

    before, files = installed(colab), files_of_torch(colab)
    assert len(files) > 1000
    added = {"tinyaudio", *map(canonical, COLAB_PACKAGES)}
    versions = {name: version.split("+")[0] for name, version, _ in before}
    assert not added & versions.keys()
    for name, version in {**FLOORS, **{torch: COLAB[torch] for torch in TORCH}}.items():
        assert versions[canonical(name)] == version

    for path in CHAPTERS:
        setups, cells = run(path, colab, tmp_path, wheel)
        assert setups == (len(cells) > 1)  # the fake is a cell, too
    after = installed(colab)
    assert before - after == set()  # nothing is gone, nothing is another version
    assert {name for name, *_ in after - before} == added
    assert files_of_torch(colab) == files

    program = """
import importlib, os, pkgutil
import IPython, ipywidgets, numpy, tinyaudio
for module in pkgutil.walk_packages(tinyaudio.__path__, "tinyaudio."):
    if module.name != "tinyaudio.__main__":
        importlib.import_module(module.name)
# A live slider: every value draws its figure.
del os.environ["TINYAUDIO_BUILD"]
from matplotlib import pyplot
drawn = []
slider = tinyaudio.show.explore(lambda n: (drawn.append(n), (pyplot.figure(), None))[1], "n", [3, 5])
slider.update()
slider.children[0].index = 1
assert drawn == [3, 5], drawn
print(tinyaudio.__file__, IPython.__version__, ipywidgets.__version__, numpy.__version__)
"""
    out = call(colab, "-c", program, cwd=tmp_path, MPLBACKEND="agg").splitlines()[-1]
    place, *versions = out.split()
    assert Path(place).is_relative_to(colab.parents[1])
    assert versions == [FLOORS[name] for name in ("ipython", "ipywidgets", "numpy")]


def imported(source, *, anywhere):
    """The modules that a program imports, at its top level or `anywhere` in it."""
    tree = ast.parse(re.sub(r"(?m)^(\s*)[%!].*", r"\1pass", source))
    for one in ast.walk(tree) if anywhere else tree.body:
        if isinstance(one, ast.Import):
            yield from (name.name.split(".")[0] for name in one.names)
        elif isinstance(one, ast.ImportFrom) and not one.level:
            yield one.module.split(".")[0]


def test_what_is_imported_is_there_or_comes_with_the_setup():
    names = {"IPython"}  # the package asks for it within functions
    for path in ROOT.glob("tinyaudio/**/*.py"):
        names |= set(imported(path.read_text(), anywhere=False))
    for path in CHAPTERS:
        for cell in nbformat.read(path, 4).cells:
            if cell.cell_type == "code":
                names |= set(imported(cell.source, anywhere=True))
    names -= {*sys.stdlib_module_names, "tinyaudio"}
    assert {"torch", "numpy", "jaxtyping"} <= names
    packages = importlib.metadata.packages_distributions()
    there = THERE | set(map(canonical, COLAB_PACKAGES))
    for name in names:
        assert {canonical(package) for package in packages[name]} & there, name
