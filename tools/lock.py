"""Write `constraints.txt` and `environment.yml` from `pyproject.toml`, or check that they still fit it.

    python -m tools.lock            resolve anew (needs the network and uv) and write both
    python -m tools.lock --check    say what no longer fits; needs neither

`constraints.txt` pins every package, of the book, the tests and their dependencies, on every platform and
for every Python from 3.11 on, so that `make book` installs today what was tested. `environment.yml` is the
same for conda.
The extra `instructor` is left out of both: otter-grader wants an environment of its own.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement

from tinyaudio.errors import UserError
from tinyaudio.files import atomic_write

ROOT = Path(__file__).resolve().parents[1]
EXTRAS = ("book", "data", "train", "bench", "dev")
# The pair that the tests run: torchaudio ends at 2.11 and loads only beside its own torch.
FIXED = ("torch==2.11.0", "torchaudio==2.11.0")
PYTHON = ">=3.11,<3.14"

ENVIRONMENT = """\
# Written by `make lock` from pyproject.toml; not edited by hand.
#     conda env create -f environment.yml && conda activate tinyaudio
# pip installs the packages at the versions of constraints.txt: those of `make book` and of the tests.
name: tinyaudio
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python{python}
  - pip
  - git
  - make
  - cxx-compiler
  - pip:
      - -c constraints.txt
      - -e .
{requirements}
"""


def main() -> None:
    """Write both files, or check both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit 1 if out of date"
    )
    options = parser.parse_args()
    try:
        if options.check:
            faults = check(ROOT)
            for fault in faults:
                print(fault, file=sys.stderr)
            sys.exit(1 if faults else 0)
        write(ROOT)
    except UserError as error:
        sys.exit(f"tools.lock: error: {error}")


def requirements(root: Path) -> dict[str, list[str]]:
    """What pyproject.toml asks for: the core under ``""``, then each extra under its name, in its order."""
    project: dict[str, Any] = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    return {"": project["dependencies"], **{extra: extras[extra] for extra in EXTRAS}}


def environment(root: Path) -> str:
    """The text of environment.yml: Python and build tools from conda, all packages through pip."""
    lines = []
    for extra, wanted in requirements(root).items():
        lines.append(f"      # [{extra}]" if extra else "      # the package itself")
        lines += [f"      - {requirement}" for requirement in wanted]
    return ENVIRONMENT.format(python=PYTHON, requirements="\n".join(lines))


def constraints(root: Path) -> str:
    """Resolve every package for all platforms at once, by uv.

    Raises:
        UserError: uv is missing, or finds no versions that agree.
    """
    uv = shutil.which("uv", path=Path(sys.executable).parent) or shutil.which("uv")
    if uv is None:
        raise UserError("uv resolves the versions and is not installed; run: pip install uv")
    with tempfile.TemporaryDirectory() as folder:
        fixed = Path(folder) / "fixed.txt"
        fixed.write_text("\n".join(FIXED) + "\n")
        command = [uv, "pip", "compile", "--universal", "--fork-strategy", "fewest"]
        command += ["--python-version", "3.11", "-c", str(fixed), "--no-header", "--no-annotate"]
        for extra in EXTRAS:
            command += ["--extra", extra]
        done = subprocess.run(
            [*command, "-q", "pyproject.toml"], cwd=root, capture_output=True, text=True
        )
    if done.returncode:
        raise UserError(f"uv found no set of versions: {' '.join(done.stderr.split())}")
    # A line that begins with a dash would name this machine's package index; versions are all we keep.
    return "".join(
        f"{line}\n"
        for line in done.stdout.splitlines()
        if line.strip() and not line.startswith(("-", "#"))
    )


def write(root: Path) -> None:
    """Resolve, then write both files; neither is touched if the resolution fails."""
    texts = {"constraints.txt": constraints(root), "environment.yml": environment(root)}
    for name, text in texts.items():
        with atomic_write(root / name, UserError) as file:
            file.write(text.encode())
        print(f"{name}: {len(text.splitlines())} lines")


def check(root: Path) -> list[str]:
    """What no longer fits pyproject.toml, a line for each; empty when all is well."""
    faults = []
    path = root / "environment.yml"
    if not path.exists() or path.read_text() != environment(root):
        faults.append("environment.yml: differs from pyproject.toml; run: make lock")
    path = root / "constraints.txt"
    if not path.exists():
        return [*faults, "constraints.txt: missing; run: make lock"]
    pins: dict[str, list[str]] = {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            name, version = pin(line)
        except ValueError:
            faults.append(f"constraints.txt:{number}: not 'name==version': {line!r}")
        else:
            pins.setdefault(name, []).append(version)
    return faults + list(unmet(root, pins))


def pin(line: str) -> tuple[str, str]:
    """Name and version of a line of constraints.txt.

    Raises:
        ValueError: It is not one package at one exact version.

    >>> pin("PyYAML==6.0.3 ; python_version >= '3.11'")
    ('pyyaml', '6.0.3')
    """
    try:
        requirement = Requirement(line)
    except InvalidRequirement as error:
        raise ValueError(line) from error
    specifiers = list(requirement.specifier)
    exact = len(specifiers) == 1 and specifiers[0].operator == "=="
    if not exact or specifiers[0].version.endswith(".*") or requirement.url:
        raise ValueError(line)
    return canonical(requirement.name), specifiers[0].version


def canonical(name: str) -> str:
    """The one spelling of a package's name (PEP 503).

    >>> canonical("Jupyter_Book")
    'jupyter-book'
    """
    return re.sub(r"[-_.]+", "-", name).lower()


def unmet(root: Path, pins: dict[str, list[str]]) -> Iterator[str]:
    """Requirements that no pin, or a pin of an unwanted version, meets."""
    for extra, wanted in requirements(root).items():
        where = f"[{extra}] " if extra else ""
        for text in wanted:
            requirement = Requirement(text)
            versions = pins.get(canonical(requirement.name), [])
            if not versions:
                yield f"constraints.txt: {where}{requirement.name} is not pinned; run: make lock"
            for version in versions:
                if not requirement.specifier.contains(version, prereleases=True):
                    yield f"constraints.txt: {where}{text} is not met by {version}; run: make lock"


if __name__ == "__main__":
    main()
