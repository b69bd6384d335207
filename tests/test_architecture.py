"""The house rules of CONTRIBUTING.md that a machine can hold, and for each a violation that it must catch."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
MAX_LINES = 270
# scipy.signal brings scipy.stats with it, more than a second; `import scipy` loads either when it is used.
LAZY = {"torchaudio", "librosa", "matplotlib", "accelerate", "scipy.signal", "scipy.stats"}
UNSAFE = {"pickle", "cPickle", "dill", "joblib", "marshal", "shelve"}  # reading them runs code
# Package indexes, in two halves so that this file does not name them either.
HOSTS = ["py" + "pi.org", "python" + "hosted.org", "npm" + "js.org", "download.py" + "torch.org"]
HOSTS += ["anaconda" + ".org", "deb." + "debian.org", "archive." + "ubuntu.com"]
MACHINE_PATH = re.compile(r"(?<![\w.:/~}-])/(?:work|root|tmp|home|Users)/")


def import_order(contributing: Path) -> list[str]:
    """The units of the package, as the line of CONTRIBUTING.md that says so has them."""
    lines = [line for line in contributing.read_text().splitlines() if line.count(" < ") >= 3]
    assert len(lines) == 1, f"{contributing}: one line must give the import order: a < b < c"
    return lines[0].strip(" `.").split(" < ")


def modules(package: Path) -> Iterator[tuple[str, ast.Module]]:
    """Each file of the package, by its path inside it, and what it says."""
    for path in sorted(package.rglob("*.py")):
        yield path.relative_to(package).as_posix(), parsed(path.read_text())


@cache
def parsed(text: str) -> ast.Module:
    """What it says; every rule reads the whole package."""
    return ast.parse(text)


def imports(nodes: Iterable[ast.AST]) -> Iterator[tuple[int, str]]:
    """The imports among these nodes, each as a line number and a dotted name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def walk_imported(tree: ast.Module) -> Iterator[ast.AST]:
    """All of a file but what runs only when the file itself is the program."""
    for node in tree.body:
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "__name__ == '__main__'"):
            yield from ast.walk(node)


def wrong_order(package: Path, order: list[str]) -> list[str]:
    """Imports from the right, of an unknown unit, relative, or of a front-door name instead of its home."""
    faults = []
    for name, tree in modules(package):
        unit = name.partition("/")[0].removesuffix(".py")
        if unit == "__init__":  # the front door opens on any room, lazily
            continue
        if unit not in [*order, "__main__"]:
            faults.append(f"{name}: '{unit}' is not in the import order of CONTRIBUTING.md")
            continue
        left = order if unit == "__main__" else order[: order.index(unit) + 1]
        for line, target in imports(walk_imported(tree)):
            where = f"{name}:{line}: imports {target}"
            if target.startswith("."):
                faults.append(f"{where}: write the whole name")
            elif target.startswith(f"{package.name}."):
                other = target.split(".")[1]
                if other not in [*left, "__version__"]:
                    faults.append(f"{where}: '{other}' is not to the left of '{unit}'")
    return faults


def too_long(package: Path) -> list[str]:
    """Files of more than one idea."""
    lengths = {p: len(p.read_text().splitlines()) for p in sorted(package.rglob("*.py"))}
    return [f"{path}: {n} lines" for path, n in lengths.items() if n > MAX_LINES]


def at_import_time(node: ast.AST) -> Iterator[ast.AST]:
    """The statements that run when a module is imported: not those in functions or for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield other
                yield from at_import_time(other)
            continue
        yield child
        yield from at_import_time(child)


def eager(package: Path) -> list[str]:
    """Heavy or optional packages imported before they are needed."""
    faults = []
    for name, tree in modules(package):
        for line, target in imports(at_import_time(tree)):
            if target.split(".")[0] in LAZY:
                faults.append(f"{name}:{line}: imports {target} at module level")
    return faults


def unsafe(package: Path) -> list[str]:
    """Ways to run the code of whoever wrote a file."""
    faults = []
    for name, tree in modules(package):
        for line, target in imports(ast.walk(tree)):
            if target.split(".")[0] in UNSAFE or target == "torch.load":
                faults.append(f"{name}:{line}: imports {target}")
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "torch.load":
                faults.append(f"{name}:{node.lineno}: torch.load")
    return faults


def undocumented(package: Path) -> list[str]:
    """Modules, public functions, public classes and their public methods without a docstring."""
    faults = []
    for name, tree in modules(package):
        if not ast.get_docstring(tree):
            faults.append(f"{name}: no docstring")
        named = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        for node in named:
            methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            for one in [node, *(methods if isinstance(node, ast.ClassDef) else [])]:
                private = one.name.startswith("_") or node.name.startswith("_")
                if any(ast.unparse(d) == "overload" for d in one.decorator_list):
                    continue  # the function itself follows
                if not private and not ast.get_docstring(one):
                    faults.append(f"{name}:{one.lineno}: {one.name} has no docstring")
    return faults


# Names that were given up for the field's: a reader of the papers would not guess what they mean.
PRIVATE = set(
    "told Told wish Wish Spoken unlabelled undisturbed disturbed EXPOSED learned thinking heard hears hear speak"
    " speaks say said alike within through rings operands delayed drawn heat apart joined seeded Lasting"
    " lanes fitted take_in taken_in put_ahead gone_round where_heard in_step repetition compass keyed"
    " Verdict examine STRANGER NOT_WHO NOT_WHAT loss_of look_every judge begin_with know_nothing"
    " say_once told_to_stop WithMels condition_of".split()
)


def private_names(package: Path) -> list[str]:
    """Definitions, arguments and variables of the package that have a private name."""
    faults = []
    for name, tree in modules(package):
        for node in ast.walk(tree):
            found = [getattr(node, "name", None), getattr(node, "arg", None)]
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                found.append(node.id)
            faults += [
                f"{name}:{node.lineno}: {word}"
                for word in found
                if isinstance(word, str) and hasattr(node, "lineno") and word.strip("_") in PRIVATE
            ]
    return faults


def tracked(root: Path) -> list[str]:
    """Text files under version control, but for what others wrote."""
    # A checkout that belongs to another user, as in a container, is fine to list.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True)
    names = [n for n in listed.stdout.decode().split("\0") if n and "/vendor/" not in n]
    return [n for n in names if (root / n).is_file() and b"\0" not in (root / n).read_bytes()]


def telltale(root: Path, names: list[str]) -> list[str]:
    """Names of package indexes anywhere, and of places on one machine anywhere but in tests."""
    faults = []
    for name in names:
        for number, line in enumerate((root / name).read_text().splitlines(), 1):
            hosts = [host for host in HOSTS if host in line]
            paths = [] if name.startswith("tests/") else MACHINE_PATH.findall(line)
            if hosts or paths:
                faults.append(f"{name}:{number}: {line.strip()[:100]}")
    return faults


def test_imports_go_one_way():
    order = import_order(ROOT / "CONTRIBUTING.md")
    assert order[0] == "errors" and order[-1] == "cli"
    assert wrong_order(ROOT / "tinyaudio", order) == []


def test_files_are_short():
    assert too_long(ROOT / "tinyaudio") == []


def test_heavy_packages_wait():
    assert eager(ROOT / "tinyaudio") == []


def test_heavy_packages_wait_when_everything_is_imported():
    """The rule above sees our own lines; this one also what they bring in."""
    code = """if True:
        import importlib, pkgutil, sys, tinyaudio
        for module in pkgutil.walk_packages(tinyaudio.__path__, "tinyaudio."):
            if module.name != "tinyaudio.__main__":
                importlib.import_module(module.name)
        print(*sys.modules)
        """
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "tinyaudio.cli.train" in loaded
    assert LAZY & loaded == set()


def test_nothing_read_runs_code():
    assert unsafe(ROOT / "tinyaudio") == []


def test_everything_public_is_documented():
    assert undocumented(ROOT / "tinyaudio") == []


def test_names_are_the_field_s():
    assert private_names(ROOT / "tinyaudio") == []


def test_no_index_and_no_machine_is_named():
    names = tracked(ROOT)
    assert "pyproject.toml" in names
    assert telltale(ROOT, names) == []


PLANTED = [
    (wrong_order, "audio/reading.py", "from tinyaudio.models.causal import CausalNet"),
    (wrong_order, "audio/reading.py", "def f():\n    import tinyaudio.cli.train"),
    (wrong_order, "audio/reading.py", "from tinyaudio import models"),
    (wrong_order, "audio/reading.py", "from tinyaudio import load"),
    (wrong_order, "audio/reading.py", "from ..models import causal"),
    (wrong_order, "extras.py", ""),
    (too_long, "train.py", "x = 1\n" * (MAX_LINES + 1)),
    (eager, "show.py", "import matplotlib.pyplot as plt"),
    (eager, "show.py", "try:\n    from librosa import pyin\nexcept ImportError:\n    pass"),
    (eager, "show.py", "if TYPE_CHECKING:\n    pass\nelse:\n    import accelerate"),
    (eager, "show.py", "class A:\n    import torchaudio"),
    (unsafe, "checkpoints.py", "import pickle"),
    (unsafe, "checkpoints.py", "from pickle import load"),
    (unsafe, "checkpoints.py", "def f(path):\n    return torch.load(path, weights_only=True)"),
    (unsafe, "checkpoints.py", "from torch import load"),
    (undocumented, "layers.py", "x = 1"),
    (private_names, "layers.py", "def heard(x): pass"),
    (private_names, "layers.py", "def f(told): pass"),
    (private_names, "layers.py", "class Spoken: pass"),
    (private_names, "layers.py", "for drawn in []: pass"),
    (undocumented, "layers.py", '"""Layers."""\ndef f():\n    return 1'),
    (
        undocumented,
        "layers.py",
        '"""Layers."""\nclass A:\n    """A."""\n    def f(self):\n        pass',
    ),
]


@pytest.mark.parametrize(("rule", "name", "text"), PLANTED)
def test_a_violation_is_caught(tmp_path, rule, name, text):
    package = tmp_path / "tinyaudio"
    (package / name).parent.mkdir(parents=True, exist_ok=True)
    (package / name).write_text(text)
    order = [import_order(ROOT / "CONTRIBUTING.md")] if rule is wrong_order else []
    assert len(rule(package, *order)) == 1


ALLOWED = '''"""Layers."""
from typing import TYPE_CHECKING
import torch
from tinyaudio import __version__
from tinyaudio.audio import load
if TYPE_CHECKING:
    import accelerate
def f(state):
    """What may stay: later imports, one's own methods called load."""
    import librosa
    return state.load(torch.loader, librosa)
def _helper(): pass
if __name__ == "__main__":
    from tinyaudio.cli import main
'''


def test_what_is_allowed_passes(tmp_path):
    package = tmp_path / "tinyaudio"
    package.mkdir()
    (package / "layers.py").write_text(ALLOWED)
    assert wrong_order(package, import_order(ROOT / "CONTRIBUTING.md")) == []
    assert too_long(package) + eager(package) + unsafe(package) + undocumented(package) == []


@pytest.mark.parametrize(
    ("line", "name", "caught"),
    [
        *[(f"see https://{host}/simple", "tests/a.txt", True) for host in HOSTS],
        *[(f"open('/{place}/x')", "a.txt", True) for place in ("work", "root", "tmp", "home")],
        ("open('/tmp/x')", "tests/a.txt", False),
        ("https://example.org/work/tmp/x", "a.txt", False),
        ("build/tmp/x and ~/work/y", "a.txt", False),
    ],
)
def test_a_telltale_is_caught(tmp_path, line, name, caught):
    (tmp_path / "tests").mkdir()
    (tmp_path / name).write_text(f"first\n{line}\n")
    assert len(telltale(tmp_path, [name])) == caught
