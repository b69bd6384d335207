"""The functions of step.cpp, and their arguments.

See:        chapter 7, "Making it fast".
"""

import ctypes
from pathlib import Path

from tinyaudio.native.build import compile_library


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
    """The compiled functions, with the types of their arguments.

    Raises:
        NoCompiler: This machine cannot compile C++.
    """
    functions = compile_library(Path(__file__).with_name("step.cpp"))
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
