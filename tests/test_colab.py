"""The promise to readers on Colab: the setup cell adds what is missing, and torch stays as it is.

The environment is that of tools/colab.py.  It stands on this machine's Python, not on Colab's 3.13.
"""

import ast
import hashlib
import importlib.metadata
import re
import sys
from pathlib import Path

import nbformat
import pytest

import tools.colab
from tests import test_wheel
from tinyaudio.errors import UserError
from tools.book.edition import COLAB_PACKAGES, RECORDER_PACKAGES
from tools.colab import (
    COLAB,
    FLOORS,
    TORCH,
    call,
    entries,
    environment,
    offer_kernel,
    run,
)
from tools.lock import canonical

ROOT = Path(__file__).parents[1]
wheel = test_wheel.wheel  # the fixture
CHAPTERS = sorted((ROOT / "book" / "ko").glob("*.ipynb"))
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


@pytest.fixture(scope="module")
def colab():
    """The Python of an environment like Colab's, in which tinyaudio is not installed."""
    with environment() as python:
        yield python


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


@pytest.fixture
def small_environment(tmp_path, monkeypatch):
    """An environment that is made without pip and without this machine's packages; where it lies."""
    (tmp_path / "here").mkdir()
    monkeypatch.setattr(tools.colab, "ROOT", tmp_path)
    monkeypatch.setattr(tools.colab, "HERE", tmp_path / "here")
    monkeypatch.setattr(tools.colab, "call", lambda *words, **_: "")
    site = "lib/python3.11/site-packages"
    monkeypatch.setattr(
        tools.colab.venv, "create", lambda home, with_pip: (home / site).mkdir(parents=True)
    )
    return tmp_path / "_build" / "colab" / "environment"


def test_one_process_at_a_time_has_the_environment(small_environment):
    with environment() as python:
        assert python == small_environment / "bin" / "python" and small_environment.exists()
        (small_environment / "mine").touch()
        with pytest.raises(UserError, match="another process runs notebooks"), environment():
            pass
        assert (small_environment / "mine").exists()
    assert not small_environment.exists()


def test_an_environment_that_cannot_be_filled_goes(small_environment, monkeypatch):
    def offline(*_, **__):
        raise RuntimeError("no network")

    monkeypatch.setattr(tools.colab, "call", offline)
    with pytest.raises(RuntimeError, match="no network"), environment():
        pass
    assert not small_environment.exists()


@pytest.mark.slow
def test_the_setup_cell_leaves_torch_alone_and_every_chapter_runs(
    colab,
    wheel,
    tmp_path,
    monkeypatch,
):
    for name in ("JUPYTER_PATH", "PYTHONPATH", "TINYAUDIO_BUILD"):
        monkeypatch.setenv(name, "")  # so that they are as they were afterwards
    offer_kernel(colab, tmp_path)

    before, files = installed(colab), files_of_torch(colab)
    assert len(files) > 1000
    added = {"tinyaudio", *map(canonical, COLAB_PACKAGES + RECORDER_PACKAGES)}
    versions = {name: version.split("+")[0] for name, version, _ in before}
    assert not added & versions.keys()
    for name, version in {**FLOORS, **{torch: COLAB[torch] for torch in TORCH}}.items():
        assert versions[canonical(name)] == version

    for path in CHAPTERS:
        setups, cells = run(path, tmp_path, wheel)
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
