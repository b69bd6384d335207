"""Just-in-time compilation of the C++ files of the package.

Implements: `compile_library`, which compiles a file once for each source, compiler and processor, caches
            the result in the user's cache folder, and loads it; `NoCompiler`, raised where it cannot.
Differs:    no extension module of the package: it would have to be built for every system, and the
            wheel would no longer be pure Python.
See:        chapter 7, "Making it fast".
"""

import ctypes
import functools
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from tinyaudio.errors import UserError
from tinyaudio.files import atomic_write

SHARED = Path(__file__).parent  # headers that all sources include
# No -march: the library chooses its vector instructions at run time.  No -ffast-math: NaN must stay NaN.
FLAGS = ["-std=c++17", "-O3", "-ffp-contract=fast", "-fPIC", "-shared", "-Wno-psabi"]
LIMIT_S = 600  # compiling takes seconds, and minutes where many programs share the machine


class NoCompiler(UserError):
    """This machine cannot compile; the message says why."""


def compile_library(source: Path) -> ctypes.CDLL:
    """The compiled functions of a C++ file, from the cache folder if possible.

    The compiler is ``$CXX``, or else the first of c++, g++ and clang++.

    Args:
        source: The file; it may include the headers of its folder and of this one.

    Raises:
        NoCompiler: There is none, or it does not work.
    """
    compiler = find_compiler()
    path = cache_folder() / f"{source.parent.name}-{cache_key(source, compiler)}.so"
    if path.exists():
        try:
            return ctypes.CDLL(str(path))
        except OSError:
            pass  # damaged, or from another system that shares this folder: compile again
    with tempfile.TemporaryDirectory(prefix="tinyaudio-") as folder:
        built = Path(folder) / path.name
        compile_to(built, source, compiler)
        try:
            with atomic_write(path) as file:
                file.write(built.read_bytes())
        except UserError:
            warn_once(
                f"{path.parent} cannot be written; {source.parent.name} is compiled again each time"
            )
        try:
            return ctypes.CDLL(str(built))  # stays in memory when the folder is deleted
        except OSError as problem:
            raise NoCompiler(
                f"the library that {shlex.join(compiler)} built cannot be loaded: {problem}"
            ) from None


@functools.cache
def warn_once(message: str) -> None:
    """Warn of a fallback, once per message and process."""
    warnings.warn(message, RuntimeWarning, stacklevel=2)


def find_compiler() -> list[str]:
    """The command that compiles C++, as words."""
    if command := os.environ.get("CXX"):
        return shlex.split(command)
    for name in ("c++", "g++", "clang++"):
        if shutil.which(name):
            return [name]
    raise NoCompiler("no C++ compiler (c++, g++, clang++) is installed, and $CXX is not set")


def cache_key(source: Path, compiler: list[str]) -> str:
    """A hash of what the library depends on: sources, compiler and flags, processor."""
    version = run_compiler([*compiler, "--version"])
    parts = [
        p.read_text() for folder in include_folders(source) for p in sorted(folder.glob("*.[ch]*"))
    ]
    parts += [*compiler, *FLAGS, version, sys.platform, platform.machine(), cpu_flags()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def cpu_flags() -> str:
    """The processor's instruction sets; a cache folder may be shared by several machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def cache_folder() -> Path:
    """The user's cache folder."""
    if root := os.environ.get("XDG_CACHE_HOME"):
        return Path(root) / "tinyaudio"
    folder = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path(os.path.expanduser("~")) / folder / "tinyaudio"


def include_folders(source: Path) -> list[Path]:
    """Where the headers of a source are: beside it, and the shared ones."""
    return [source.parent, SHARED]


def compile_to(path: Path, source: Path, compiler: list[str]) -> None:
    """Compile a source to a shared library."""
    includes = [f"-I{folder}" for folder in include_folders(source)]
    run_compiler([*compiler, *FLAGS, *includes, str(source), "-o", str(path)])
    if not path.exists():
        raise NoCompiler(f"{shlex.join(compiler)} reports success and has written nothing")


def run_compiler(words: list[str]) -> str:
    """Run a compiler and return its output."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NoCompiler(f"the compiler {words[0]} does not run: {problem}") from None
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if "error" in line] or ["no message"]
        raise NoCompiler(f"the compiler {words[0]} does not work: {errors[0].strip()}")
    return done.stdout
