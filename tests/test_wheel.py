"""What a reader installs: the wheel, alone in an environment, outside the repository, with the network closed."""

import json
import os
import shutil
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from tools.colab import build_wheel, call

ROOT = Path(__file__).parents[1]
CHAPTERS = sorted(path.stem for path in (ROOT / "book" / "src").glob("*.md"))
CLOSED = ["unshare", "--net"] if os.geteuid() == 0 and shutil.which("unshare") else []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from what git tracks."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The Python of an environment that holds this wheel, and sees torch and the like next door."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False)
    python = home / "bin" / "python"
    (site,) = home.glob("lib/python3*/site-packages")
    call(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--no-index",
        "--target",
        site,
        wheel,
        cwd=home,
    )
    # Appended, so that the wheel is found first; nothing of the repository is on this path.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    place = call(python, "-c", "import tinyaudio; print(tinyaudio.__file__)", cwd=home)
    assert Path(place.strip()).is_relative_to(home)
    return python


def test_holds_the_package_its_sounds_its_weights_and_their_licences(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "tinyaudio/py.typed",
        "tinyaudio/assets/LICENSES.md",
        "tinyaudio/assets/sounds/index.json",
        "tinyaudio/samplers/native/step.cpp",
        "tinyaudio/samplers/native/kernel.h",
        "tinyaudio/models/fused/step.cpp",
        "tinyaudio/native/paths.h",
        "tinyaudio/show/book.mplstyle",
        "tinyaudio/show/recorder.js",
    ):
        assert wanted in names
    assert any(name.endswith("model.safetensors") for name in names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    assert not any(name.startswith(("tests", "book", "benchmarks", "tools")) for name in names)


def test_imports_everything_with_torchaudio_absent(python, tmp_path):
    program = """
import importlib, pkgutil, sys
sys.modules["torchaudio"] = None  # importing it now fails
import tinyaudio
for module in pkgutil.walk_packages(tinyaudio.__path__, "tinyaudio."):
    if module.name != "tinyaudio.__main__":
        importlib.import_module(module.name)
print("imported", len([name for name in sys.modules if name.startswith("tinyaudio.")]))
"""
    assert int(call(python, "-c", program, cwd=tmp_path).split()[1]) > 15


def test_the_command_is_installed_and_finds_its_weights(python, tmp_path):
    (command,) = python.parents[1].glob("lib/python3*/site-packages/bin/tinyaudio")
    words = "generate", "causal-notes", "--seconds", 0.1, "--out", "note.wav"
    call(*CLOSED, python, command, *words, cwd=tmp_path)
    assert (tmp_path / "note.wav").stat().st_size == 44 + 2 * 1_600


@pytest.mark.parametrize(
    "chapter",
    # One in a run of the tests, which execute every chapter by nbval; all of them in `make check-all`.
    [
        pytest.param(name, marks=[] if name == "sound_into_numbers" else pytest.mark.slow)
        for name in CHAPTERS
    ],
)
def test_chapters_run_with_the_network_closed(chapter, python, tmp_path):
    kernel = tmp_path / "jupyter" / "kernels" / "wheel"
    kernel.mkdir(parents=True)
    words = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": words, "language": "python", "display_name": "wheel"})
    )
    shutil.copy(ROOT / "book" / "ko" / f"{chapter}.ipynb", tmp_path)
    # The kernel is spoken to over files: with the network closed there is not even a loopback.
    program = f"""
import nbformat
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
notebook = nbformat.read("{chapter}.ipynb", 4)
manager = AsyncKernelManager(kernel_name="wheel", transport="ipc", ip="{tmp_path}/socket")
client = NotebookClient(notebook, km=manager, timeout=300)
client.owns_km = True
client.execute()
print("ran", len([cell for cell in notebook.cells if cell.cell_type == "code"]))
"""
    settings = {"JUPYTER_PATH": str(tmp_path / "jupyter"), "TINYAUDIO_BUILD": "1", "PYTHONPATH": ""}
    out = call(*CLOSED, python, "-c", program, cwd=tmp_path, **settings)
    assert int(out.split()[-1]) > 1
