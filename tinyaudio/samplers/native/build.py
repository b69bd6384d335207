"""From C++ to functions that Python can call, compiled where they are needed.

Implements: `library`, which compiles `step.cpp` once for each source, compiler and processor, keeps
            the result in the user's cache folder, and loads it; `NoCompiler`, why it cannot.
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

SOURCES = Path(__file__).parent
# No -march: the library chooses its vector path while it runs.  No -ffast-math: NaN must stay NaN.
FLAGS = ["-std=c++17", "-O3", "-ffp-contract=fast", "-fPIC", "-shared", "-Wno-psabi"]
LIMIT_S = 120  # compiling takes about two seconds


class NoCompiler(UserError):
    """This machine cannot compile; the message says why."""


class Network(ctypes.Structure):
    """`struct Network` of step.cpp."""

    _fields_ = [
        *[(name, ctypes.c_int64) for name in ("layers", "taps", "residual", "gate", "skip")],
        *[(name, ctypes.c_int64) for name in ("outputs", "levels")],
        *[(name, ctypes.c_void_p) for name in ("delays", "embedding", "weights")],
        ("halved", ctypes.c_int64),
    ]


class Clips(ctypes.Structure):
    """`struct Clips` of step.cpp."""

    _fields_ = [
        *[(name, ctypes.c_int64) for name in ("rows", "start", "samples")],
        *[(name, ctypes.c_void_p) for name in ("rings", "previous", "codes", "noise", "heat")],
        ("frames", ctypes.c_int64),
        *[(name, ctypes.c_void_p) for name in ("offsets", "shares", "logits")],
        ("logits_step", ctypes.c_int64),
    ]


def library() -> ctypes.CDLL:
    """The compiled functions of step.cpp, from the cache folder if they are there.

    ``$CXX`` says which compiler is used; without it, the first of c++, g++ and clang++.

    Raises:
        NoCompiler: There is none, or it does not work.
    """
    compiler = find_compiler()
    kept = cache_folder() / f"step-{key(compiler)}.so"
    if kept.exists():
        try:
            return loaded(kept)
        except OSError:
            pass  # damaged, or from another system that shares this folder: compiled anew
    with tempfile.TemporaryDirectory(prefix="tinyaudio-") as folder:
        made = Path(folder) / "step.so"
        compile_to(made, compiler)
        try:
            with atomic_write(kept) as file:
                file.write(made.read_bytes())
        except UserError:
            warn_once(
                f"{kept.parent} cannot be written; the native step is compiled again each time"
            )
        try:
            return loaded(made)  # stays in memory when the folder is gone
        except OSError as problem:
            raise NoCompiler(
                f"what {shlex.join(compiler)} made cannot be loaded: {problem}"
            ) from None


@functools.cache
def warn_once(message: str) -> None:
    """Warn of what is done otherwise than asked; once, however often it is done."""
    warnings.warn(message, RuntimeWarning, stacklevel=2)


def find_compiler() -> list[str]:
    """The command that compiles C++, as words."""
    if named := os.environ.get("CXX"):
        return shlex.split(named)
    for name in ("c++", "g++", "clang++"):
        if shutil.which(name):
            return [name]
    raise NoCompiler("no C++ compiler (c++, g++, clang++) is installed, and $CXX names none")


def key(compiler: list[str]) -> str:
    """What the library depends on, in sixteen hexadecimal digits: sources, compiler, processor."""
    version = call([*compiler, "--version"])
    parts = [path.read_text() for path in sorted(SOURCES.glob("*.[ch]*"))]
    parts += [*compiler, *FLAGS, version, sys.platform, platform.machine(), features()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def features() -> str:
    """What the processor can do, as the system says; a cache folder may serve several machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line for line in lines if line.startswith(("flags", "Features"))), "")


def cache_folder() -> Path:
    """Where programs keep what they can make again."""
    if named := os.environ.get("XDG_CACHE_HOME"):
        return Path(named) / "tinyaudio"
    folder = "Library/Caches" if sys.platform == "darwin" else ".cache"
    return Path(os.path.expanduser("~")) / folder / "tinyaudio"


def compile_to(path: Path, compiler: list[str]) -> None:
    """Compile step.cpp to a shared library."""
    call([*compiler, *FLAGS, str(SOURCES / "step.cpp"), "-o", str(path)])
    if not path.exists():
        raise NoCompiler(f"{shlex.join(compiler)} reports success and has made nothing")


def call(words: list[str]) -> str:
    """Run a compiler; what it printed."""
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as problem:
        raise NoCompiler(f"the compiler {words[0]} does not run: {problem}") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if "error" in line] or ["no reason given"]
        raise NoCompiler(f"the compiler {words[0]} does not work: {said[0].strip()}")
    return done.stdout


def loaded(path: Path) -> ctypes.CDLL:
    """Load a library and say what its functions take."""
    functions = ctypes.CDLL(str(path))
    whole, pointer = ctypes.c_int64, ctypes.c_void_p
    functions.simd_width.restype = whole
    functions.pack.argtypes = [whole, whole, pointer, pointer, whole, whole, pointer]
    functions.pack.restype = None
    network, clips = ctypes.POINTER(Network), ctypes.POINTER(Clips)
    functions.working_memory.argtypes = [network, whole]
    functions.working_memory.restype = whole
    functions.run.argtypes = [whole, network, clips, pointer]
    functions.run.restype = None
    return functions
