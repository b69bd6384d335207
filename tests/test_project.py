"""The project's front: its versions and addresses agree, and Colab and the hooks can use it."""

import importlib.metadata
import os
import re
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
import yaml
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import tinyaudio
from tests.test_architecture import tracked
from tools import lock
from tools.book.edition import COLAB_PACKAGES, RECORDER_PACKAGES, SETUP
from tools.colab import COLAB

ROOT = Path(__file__).resolve().parents[1]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Colab's, of the last years.
COLAB_PYTHON = ["3.11", "3.12", "3.13"]


def text(name: str) -> str:
    return (ROOT / name).read_text()


def wanted(*extras: str) -> list[Requirement]:
    named = [PYPROJECT["optional-dependencies"][extra] for extra in extras]
    return [Requirement(line) for line in chain(PYPROJECT["dependencies"], *named)]


def test_environment_and_constraints_fit():
    done = subprocess.run(
        [sys.executable, "-m", "tools.lock", "--check"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("pyproject.toml", '"librosa>=0.11"', '"librosa>=99"', "librosa>=99 is not met by"),
        ("pyproject.toml", '"nbval>=0.11"', '"nbval>=0.11", "sox"', "sox is not pinned"),
        ("environment.yml", "- nbval", "- nbvax", "environment.yml: differs from pyproject.toml"),
        ("environment.yml", "<3.14", "<3.15", "environment.yml: differs from pyproject.toml"),
        ("constraints.txt", "\nnumpy==", "\nnumpy>=", "not 'name==version'"),
        ("constraints.txt", "\ntqdm==", "\ntqdn==", "tqdm is not pinned"),
        ("constraints.txt", "\ntorch==2.11.0", "\ntorch==2.12.0", "torch>=2.9,<2.12 is not met"),
    ],
)
def test_a_file_that_no_longer_fits_is_caught(tmp_path, name, old, new, message):
    for each in ("pyproject.toml", "environment.yml", "constraints.txt"):
        (tmp_path / each).write_text(text(each))
    assert lock.check(tmp_path) == []
    assert text(name).count(old) == 1
    (tmp_path / name).write_text(text(name).replace(old, new))
    assert any(message in fault for fault in lock.check(tmp_path))


def test_a_missing_file_is_caught(tmp_path):
    (tmp_path / "pyproject.toml").write_text(text("pyproject.toml"))
    assert [fault.split(":")[0] for fault in lock.check(tmp_path)] == [
        "environment.yml",
        "constraints.txt",
    ]


def test_conda_installs_what_pip_installs():
    environment = yaml.safe_load(text("environment.yml"))
    *conda, packages = environment["dependencies"]
    assert environment["name"] == "tinyaudio" and "pip" in conda
    assert packages["pip"][:2] == ["-c constraints.txt", "-e ."]
    requirements = [Requirement(line) for line in packages["pip"][2:]]
    assert requirements == wanted(*lock.EXTRAS)
    assert {r.name for r in requirements} >= {
        *("jupyter-book", "torch", "torchaudio", "matplotlib", "ipywidgets", "librosa", "nbval")
    }
    (python,) = [Requirement(line) for line in conda if line.startswith("python")]
    for version in [*COLAB_PYTHON, "3.10"]:
        assert python.specifier.contains(version) == (version != "3.10")


def test_colab_has_what_is_asked_for():
    """Otherwise installing there would replace Colab's torch: minutes of download, and no GPU after it."""
    met = set()
    for requirement in wanted("book", "data", "train"):
        if requirement.name in COLAB:
            assert requirement.specifier.contains(COLAB[requirement.name]), requirement
            met.add(requirement.name)
    assert met == COLAB.keys()
    assert all(SpecifierSet(PYPROJECT["requires-python"]).contains(v) for v in COLAB_PYTHON)


def test_colab_gets_what_it_lacks():
    """The setup cell installs without dependencies, so it must name them itself, and torch never."""
    there = {*COLAB, "tqdm", "filelock", "safetensors", "huggingface-hub", "typing-extensions"}
    named = {lock.canonical(name) for name in COLAB_PACKAGES + RECORDER_PACKAGES}
    assert {lock.canonical(r.name) for r in wanted()} <= there | named
    for name in named:
        further = [Requirement(line) for line in importlib.metadata.requires(name) or []]
        assert {lock.canonical(r.name) for r in further if needed(r.marker, set())} <= there | named
    (install,) = [line for line in SETUP.splitlines() if "%pip" in line]
    assert "--no-deps" in install and not named & there


def test_constraints_pin_every_package_that_is_needed():
    """Followed from requirement to requirement, as the installed packages state them."""
    pins = {lock.pin(line)[0] for line in text("constraints.txt").splitlines()}
    left, seen = wanted(*lock.EXTRAS), set()
    while left:
        requirement = left.pop()
        name = lock.canonical(requirement.name)
        key = (name, *sorted(requirement.extras))
        if key in seen:
            continue
        seen.add(key)
        assert name in pins
        try:
            further = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another platform, or an extra that this environment leaves out
        for line in further:
            one = Requirement(line)
            if needed(one.marker, requirement.extras):
                left.append(one)
    assert len(seen) > 100  # Jupyter Book alone brings as many


def needed(marker: Marker | None, extras: set[str]) -> bool:
    return not marker or any(marker.evaluate({"extra": extra}) for extra in [*extras, ""])


def test_the_version_is_the_same_everywhere():
    citation = yaml.safe_load(text("CITATION.cff"))
    version = PYPROJECT["version"]
    assert citation["version"] == tinyaudio.__version__ == version
    assert re.search(
        rf"^## \[{re.escape(version)}\] - (unreleased|\d{{4}}-\d\d-\d\d)$",
        text("CHANGELOG.md"),
        re.M,
    )


def test_citation_is_complete():
    """Against the fields that the format (1.2.0) demands, and those that this file gives."""
    citation = yaml.safe_load(text("CITATION.cff"))
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "software"
    assert citation["title"] and citation["message"]
    assert citation["authors"] == PYPROJECT["authors"]
    assert citation["license"] == PYPROJECT["license"] == "MIT"
    assert text("LICENSE").startswith("MIT License\n\nCopyright (c) 2026 The tinyaudio authors\n")


def test_the_address_is_the_same_everywhere():
    """The line in pyproject.toml decides; once it is set, no placeholder stays anywhere."""
    address = PYPROJECT["urls"]["Repository"]
    assert yaml.safe_load(text("CITATION.cff"))["repository-code"] == address
    for name in ("README.md", "README.ko.md"):
        assert f"git clone {address} " in text(name)
    placeholder = "github.com/ORG/" + "REPO"
    stale = [name for name in tracked(ROOT) if placeholder in text(name)]
    assert placeholder in address or stale == []


def test_workflows_call_targets_that_exist():
    targets = set(re.findall(r"^([a-z][a-z-]*):", text("Makefile"), re.M))
    called = set()
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            runs = "\n".join(step.get("run", "") for step in job["steps"])
            called |= set(re.findall(r"^make ([a-z-]+)$", runs, re.M))
    assert called == {"book", "test"} and called <= targets


def test_hooks_are_valid_and_local(tmp_path):
    config = ROOT / ".pre-commit-config.yaml"
    assert {repo["repo"] for repo in yaml.safe_load(config.read_text())["repos"]} == {"local"}
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(config)]
    own = os.environ | {"PRE_COMMIT_HOME": str(tmp_path)}  # nothing is left in the home folder
    done = subprocess.run(command, capture_output=True, text=True, env=own)
    assert done.returncode == 0, done.stdout + done.stderr
