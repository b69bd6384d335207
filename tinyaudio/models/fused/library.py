"""The functions of step.cpp, and their arguments.

See:        chapter 7, "Making it fast".
"""

import ctypes
from pathlib import Path

from tinyaudio.native.build import compile_library


class Sizes(ctypes.Structure):
    """`struct Network` of step.cpp."""

    _fields_ = [
        *[(name, ctypes.c_int64) for name in ("layers", "taps", "residual", "gate", "skip")],
        *[(name, ctypes.c_int64) for name in ("levels", "n_weights", "longest_delay")],
        ("delays", ctypes.c_void_p),
    ]


class Clip(ctypes.Structure):
    """`struct Clip` of step.cpp."""

    _fields_ = [
        ("samples", ctypes.c_int64),
        *[(name, ctypes.c_void_p) for name in ("history", "targets", "sample_weights")],
        *[(name, ctypes.c_int64) for name in ("frames", "hop")],
        *[(name, ctypes.c_void_p) for name in ("offsets", "upsampler", "weights")],
        *[(name, ctypes.c_void_p) for name in ("gradients", "offset_gradients")],
        ("upsampler_gradients", ctypes.c_void_p),
    ]


def library() -> ctypes.CDLL:
    """The compiled functions, with the types of their arguments.

    Raises:
        NoCompiler: This machine cannot compile C++.
    """
    functions = compile_library(Path(__file__).with_name("step.cpp"))
    int64, pointer = ctypes.c_int64, ctypes.c_void_p
    functions.widest_path.restype = int64
    functions.working_memory.argtypes = [ctypes.POINTER(Sizes), int64]
    functions.working_memory.restype = int64
    functions.run.argtypes = [int64, ctypes.POINTER(Sizes), ctypes.POINTER(Clip), pointer]
    functions.run.restype = ctypes.c_double
    return functions
