"""Just-in-time compilation of the C++ sampling loop.

Implements: `library`, which compiles `step.cpp` once for each source, compiler and processor, caches
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

SOURCES = Path(__file__).parent
# No -march: the library chooses its vector instructions at run time.  No -ffast-math: NaN must stay NaN.
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
    ]


class Clips(ctypes.Structure):
    """`struct Clips` of step.cpp."""

    _fields_ = [
        *[(name, ctypes.c_int64) for name in ("rows", "start", "samples")],
        *[
            (name, ctypes.c_void_p)
            for name in ("buffers", "previous", "codes", "noise", "temperature")
        ],
        ("frames", ctypes.c_int64),
        *[(name, ctypes.c_void_p) for name in ("offsets", "frame_weights", "logits")],
        ("logits_step", ctypes.c_int64),
    ]


def library() -> ctypes.CDLL:
    """The compiled functions of step.cpp, from the cache folder if possible.

    The compiler is ``$CXX``, or else the first of c++, g++ and clang++.

    Raises:
        NoCompiler: There is none, or it does not work.
    """
    compiler = find_compiler()
    path = cache_folder() / f"step-{cache_key(compiler)}.so"
    if path.exists():
        try:
            return load_library(path)
        except OSError:
            pass  # damaged, or from another system that shares this folder: compile again
    with tempfile.TemporaryDirectory(prefix="tinyaudio-") as folder:
        built = Path(folder) / "step.so"
        compile_to(built, compiler)
        try:
            with atomic_write(path) as file:
                file.write(built.read_bytes())
        except UserError:
            warn_once(
                f"{path.parent} cannot be written; the native step is compiled again each time"
            )
        try:
            return load_library(built)  # stays in memory when the folder is deleted
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


def cache_key(compiler: list[str]) -> str:
    """A hash of what the library depends on: sources, compiler and flags, processor."""
    version = run_compiler([*compiler, "--version"])
    parts = [path.read_text() for path in sorted(SOURCES.glob("*.[ch]*"))]
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


def compile_to(path: Path, compiler: list[str]) -> None:
    """Compile step.cpp to a shared library."""
    run_compiler([*compiler, *FLAGS, str(SOURCES / "step.cpp"), "-o", str(path)])
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


def load_library(path: Path) -> ctypes.CDLL:
    """Load a library and declare the types of its functions."""
    functions = ctypes.CDLL(str(path))
    int64, pointer = ctypes.c_int64, ctypes.c_void_p
    functions.simd_width.restype = int64
    functions.pack.argtypes = [int64, pointer, pointer, int64, int64, pointer]
    functions.pack.restype = None
    network, clips = ctypes.POINTER(Network), ctypes.POINTER(Clips)
    functions.working_memory.argtypes = [network, int64]
    functions.working_memory.restype = int64
    functions.run.argtypes = [int64, network, clips, pointer]
    functions.run.restype = None
    return functions
