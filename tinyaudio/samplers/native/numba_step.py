"""The compiled step once more, for machines without a C++ compiler: numba compiles this Python.

Implements: `NumbaFunctions`, the functions of step.cpp under the same names and with the same
            arguments; `run_through`, the loop of kernel.h, line by line.
Differs:    products are left to the matrix library, one clip after the other, and past taps are not
            computed ahead: every weight is read for every sample of every clip, in 32 bits.
See:        chapter 7, "Making it fast".
"""

import ctypes
import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tinyaudio.samplers.native import build


class NumbaFunctions:
    """Stands in for the library that `tinyaudio.samplers.native.build.library` loads.

    Making one takes no time; the first call of `run` compiles for some seconds.
    """

    def simd_width(self) -> int:
        """The matrix library chooses its vectors itself; any number that may be asked for will do."""
        return 16

    def pack(
        self,
        simd_width: int,
        halved: bool,
        weight: int,
        bias: int | None,
        outputs: int,
        inputs: int,
        to: int,
    ) -> None:
        """A bias, if any, and behind it the rows of a matrix as they are, never in 16 bits."""
        if bias is not None:
            ctypes.memmove(to, bias, 4 * outputs)
            to += 4 * outputs
        ctypes.memmove(to, weight, 4 * outputs * inputs)

    def working_memory(self, network: build.Network, rows: int) -> int:
        """None that would be kept from call to call."""
        return 0

    def run(self, simd_width: int, network: build.Network, clips: build.Clips, memory: int) -> None:
        """Go through the samples of a chunk; all that changes is changed in place."""
        n, c, B = network, clips, clips.rows
        delays = array(n.delays, np.int64, n.layers, n.taps)
        kept_logits = c.samples if c.logits_step else 1
        compiled()(
            delays,
            array(n.embedding, np.float32, n.levels, n.residual),
            array(n.weights, np.float32, n_weights(n)),
            array(c.rings, np.float32, int(delays[:, 0].sum()), B, n.residual),
            array(c.previous, np.int64, B),
            array(c.codes, np.int64, c.samples, B),
            array(c.noise, np.float64, B, c.samples if c.noise else 0, n.levels),
            array(c.heat, np.float64, B if c.heat else 0),
            array(c.offsets, np.float32, n.layers, c.frames, B, 2 * n.gate),
            array(c.shares, np.float32, c.samples, c.frames, B),
            array(c.logits, np.float32, kept_logits, B, n.outputs),
            c.start,
            n.gate,
            n.skip,
            bool(c.logits_step),
        )


def numba_functions() -> NumbaFunctions | None:
    """The functions, if numba is installed.

    Example:
        >>> functions = numba_functions()
        >>> functions is None or functions.simd_width() == 16
        True
    """
    try:
        import numba  # noqa: F401
    except ImportError:  # not there, or not for this numpy
        return None
    return NumbaFunctions()


def n_weights(network: build.Network) -> int:
    """Floats of all matrices and biases together."""
    n = network
    R, G, S = n.residual, n.gate, n.skip
    gates = 2 * G * (n.taps * R + 1 + R)
    head = S * (n.layers * G + 1) + S * (S + 1) + n.outputs * (S + 1)
    return n.layers * gates + (n.layers - 1) * R * (G + 1) + head


def array(address: int | None, kind: type, *shape: int) -> NDArray[Any]:
    """What lies at an address, without a copy; empty if nothing does."""
    n_items = int(np.prod(shape))
    if not address or not n_items:
        return np.zeros(shape, kind)
    size = n_items * np.dtype(kind).itemsize
    held = memoryview((ctypes.c_char * size).from_address(address))
    return np.frombuffer(held, dtype=np.dtype(kind)).reshape(shape)


@functools.cache
def compiled() -> Any:
    """`run_through`, compiled by numba."""
    import numba

    jit = numba.njit(error_model="numpy")  # without fastmath, under which NaN may pass for a number
    # What checks shapes under pytest is wrapped around functions, and nothing that numba could read.
    loop, add = (jit(inspect.unwrap(function)) for function in (run_through, add_product))
    return functools.partial(loop, add)


def add_product(
    weights: NDArray[np.float32], at: int, x: NDArray[np.float32], y: NDArray[np.float32]
) -> int:
    """Add W x to y, with the rows of W from `at` on; returns where the next matrix begins.

    Example:
        >>> y = np.zeros(2, np.float32)
        >>> add_product(np.float32([9, 1, 2, 3, 4]), 1, np.float32([1, 10]), y), y.tolist()
        (5, [21.0, 43.0])
    """
    end = at + y.size * x.size
    y += np.dot(weights[at:end].reshape(y.size, x.size), x)
    return end


def run_through(
    add: Callable[..., int],
    delays: NDArray[np.int64],
    embedding: NDArray[np.float32],
    weights: NDArray[np.float32],
    rings: NDArray[np.float32],
    previous: NDArray[np.int64],
    codes: NDArray[np.int64],
    noise: NDArray[np.float64],
    heat: NDArray[np.float64],
    offsets: NDArray[np.float32],
    shares: NDArray[np.float32],
    logits: NDArray[np.float32],
    start: int,
    G: int,
    S: int,
    score: bool,
) -> None:
    """The loop of kernel.h for every clip of a batch; shapes as in `struct Network` and `Clips`."""
    L, taps = delays.shape
    R, levels, K = embedding.shape[1], embedding.shape[0], logits.shape[2]
    x, past, change = (
        np.empty(R, np.float32),
        np.empty(taps * R, np.float32),
        np.empty(R, np.float32),
    )
    gates, zs = np.empty(2 * G, np.float32), np.empty(L * G, np.float32)
    skip, hidden = np.empty(S, np.float32), np.empty(S, np.float32)
    one, zero = np.float32(1), np.float32(0)
    for i in range(codes.shape[0]):
        t = start + i
        for b in range(codes.shape[1]):
            x[:] = embedding[previous[b]]
            at, ring = 0, 0
            for layer in range(L):
                length = delays[layer, 0]
                for j in range(taps):
                    place = ring + (t + length - delays[layer, j]) % length
                    past[j * R : (j + 1) * R] = rings[place, b]
                rings[ring + t % length, b] = x
                ring += length
                gates[:] = weights[at : at + 2 * G]
                at = add(weights, at + 2 * G, past, gates)
                at = add(weights, at, x, gates)
                for f in range(shares.shape[1]):  # what the condition adds
                    for j in range(2 * G):
                        gates[j] += shares[i, f, b] * offsets[layer, f, b, j]
                z = zs[layer * G : (layer + 1) * G]
                for j in range(G):
                    z[j] = np.tanh(gates[j]) / (one + np.exp(-gates[G + j]))
                if layer + 1 < L:
                    change[:] = weights[at : at + R]
                    at = add(weights, at + R, z, change)
                    for j in range(R):
                        x[j] += change[j]
            if score or heat.size:
                skip[:] = weights[at : at + S]
                at = add(weights, at + S, zs, skip)
                for j in range(S):  # NaN stays NaN
                    skip[j] = zero if skip[j] < zero else skip[j]
                hidden[:] = weights[at : at + S]
                at = add(weights, at + S, skip, hidden)
                for j in range(S):
                    hidden[j] = zero if hidden[j] < zero else hidden[j]
                scores = logits[i if score else 0, b]
                scores[:] = weights[at : at + K]
                add(weights, at + K, hidden, scores)
                if heat.size:  # the first of the largest: Gumbel's trick
                    best = 0
                    for k in range(1, levels):
                        ours = scores[k] + heat[b] * noise[b, i, k]
                        if ours > scores[best] + heat[b] * noise[b, i, best]:
                            best = k
                    codes[i, b] = best
            previous[b] = codes[i, b]
