"""A WaveNet's weights and memory, laid out for the compiled step.

Implements: `NativeStep`, which packs the weights when it is made and never again: make a new one for
            every clip, and nothing old can be left over.  Weights that 16 bits can hold are read in
            16 bits, so that ``net.bfloat16().float()`` generates faster than ``net``.
See:        chapter 7, "Making it fast".
"""

import os
from ctypes import CDLL
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition
from tinyaudio.models.gated import GatedLayer
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.samplers.native.build import Clips, Network, NoCompiler, library, warn_once
from tinyaudio.samplers.native.numba_step import NumbaFunctions, numba_functions

WIDTH = 16  # all widths are padded to a multiple of the widest vector


@dataclass(frozen=True)
class Draws:
    """What decides the samples of one chunk.

    Attributes:
        noise: Of Gumbel's distribution.
        heat: Temperatures.
    """

    noise: Float64[Tensor, "B n K"]
    heat: Float64[Tensor, " B"]


class NativeStep:
    """A network that runs through one chunk of samples after the other.

    Args:
        model: A `WaveNet` with a softmax; its weights as they are now.
        batch_size: Clips.
        condition: If the model takes one.
        simd_width: Floats in a vector: 16 (AVX-512), 8 (AVX2) or 4 (SSE2, NEON).  None takes the most that
            this processor has, or what ``$TINYAUDIO_LANES`` says.

    Raises:
        NoCompiler: This machine cannot compile C++, and has no numba.
        UserError: The weights are not finite, or the condition is not what the model takes.
    """

    def __init__(
        self,
        model: WaveNet,
        batch_size: int,
        condition: Condition | None = None,
        simd_width: int | None = None,
    ) -> None:
        self.functions = functions()
        self.simd_width = chosen(simd_width, self.functions.simd_width())
        self.rows, self.t, self.silence = batch_size, 0, model.silence
        self.conditioner = model.conditioner
        # The model's own memory, of which the compiled step needs another layout of the rings.
        memory = model.start(batch_size, condition)
        self.known = memory[4:8] if self.conditioner else []  # see `Conditioner.start`

        config = model.config
        self.R, self.G, self.K = config.residual_channels, config.gate_channels, config.n_levels
        L, delays = len(config.dilations), memory[3].cpu().contiguous()
        R, G, S, K = (padded(n) for n in (self.R, self.G, config.skip_channels, self.K))
        self.embedding = pad_to(model.embed.weight, self.K, R)
        self.weights = self.packed(model)
        if not all(bool(p.isfinite().all()) for p in model.parameters()):
            raise UserError("the model's weights are not all finite; it cannot be generated from")
        self.delays = delays
        self.network = Network(
            *(L, delays.shape[1], R, G, S, K, self.K),
            *(w.data_ptr() for w in (delays, self.embedding, self.weights)),
            self.halved,
        )
        self.rings = torch.zeros(int(delays[:, 0].sum()) * batch_size * R)
        self.previous = torch.full((batch_size,), model.silence)
        n_floats = self.functions.working_memory(self.network, batch_size)
        self.memory = torch.zeros(n_floats)

    def packed(self, model: WaveNet) -> Float[Tensor, " floats"]:
        """All matrices in the order in which they are read, one behind the other."""
        R, G = padded(self.R), padded(self.G)
        L, S = len(model.layers), padded(model.config.skip_channels)
        matrices: list[tuple[Tensor, Tensor | None]] = []
        for layer in model.layers:
            # Every tap and both gates are padded by themselves.
            assert isinstance(layer, GatedLayer)
            taps = layer.gate.weight.detach().reshape(2, self.G, -1, self.R)
            taps = F.pad(taps, (0, R - self.R, 0, 0, 0, G - self.G))
            bias = F.pad(layer.gate.bias.detach().reshape(2, self.G), (0, G - self.G))
            matrices.append((taps[:, :, :-1].reshape(2 * G, -1), bias.flatten()))
            matrices.append((taps[:, :, -1].reshape(2 * G, R), None))  # the present
            if layer.residual is not None:
                residual = layer.residual
                matrices.append((pad_to(residual.weight, R, G), pad_to(residual.bias, R)))
        skip = model.skip.weight.detach().reshape(-1, L, self.G)
        skip = F.pad(skip, (0, G - self.G)).flatten(1)
        matrices.append((pad_to(skip, S, L * G), pad_to(model.skip.bias, S)))
        hidden = model.head[1]
        assert isinstance(hidden, nn.Linear)
        for linear, n in ((hidden, S), (model.logits, padded(self.K))):
            matrices.append((pad_to(linear.weight, n, S), pad_to(linear.bias, n)))

        matrices = [(to_float32(w), None if b is None else to_float32(b)) for w, b in matrices]
        numba = isinstance(self.functions, NumbaFunctions)
        self.halved = not numba and all(is_bfloat16(w) for w, _ in matrices)
        in_a_float = 2 if self.halved else 1
        n_floats = [w.numel() // in_a_float + (0 if b is None else len(b)) for w, b in matrices]
        everything = torch.empty(sum(n_floats))
        for (w, b), to in zip(matrices, everything.split(n_floats), strict=True):
            bias = None if b is None else b.data_ptr()
            self.functions.pack(
                *(self.simd_width, self.halved, w.data_ptr(), bias, *w.shape, to.data_ptr())
            )
        return everything

    @property
    def products(self) -> int:
        """Multiplications a sample, for all clips together."""
        return self.weights.numel() * (2 if self.halved else 1) * self.rows

    @property
    def bytes_per_sample(self) -> int:
        """Bytes of weights that are read for a sample, past taps for several samples at once."""
        once = self.weights.numel()
        if isinstance(self.functions, NumbaFunctions):
            return 4 * once * self.rows
        R, G, taps = self.network.residual, self.network.gate, self.network.taps
        most = max(1, 16 // self.rows)  # `ahead` of step.cpp
        past = 2 * G * (taps * R // (2 if self.halved else 1) + 1)
        saved = sum(past * (1 - 1 / min(int(d), most)) for d in self.delays[:, -1])
        return round(4 * (once - saved))

    def room(self, n: int) -> int:
        """How many of the next n samples may be run at once: those up to the next frame."""
        if self.conditioner is None or self.conditioner.upsample is None:
            return n
        hop = self.conditioner.config.hop_length
        return min(n, hop - self.t % hop)

    def run(
        self, codes: Int[Tensor, "B n"], draws: Draws | None = None, score: bool = False
    ) -> Float[Tensor, "B K m"]:
        """Go through n samples, at most `room`; with draws these codes are made, and else read.

        Args:
            codes: The samples, changed in place if they are drawn.
            draws: What decides them.
            score: Whether all logits are wanted.

        Returns:
            The logits of all samples, or of the last one (zeros if it was given and not scored).

        Raises:
            UserError: The condition's frames have come to their end, or a logit is not finite.
        """
        n = codes.shape[1]
        K = self.network.outputs
        flat = codes.T.to(torch.int64).contiguous()  # (n, B)
        logits = torch.zeros(n if score else 1, self.rows, K)
        clips = Clips(rows=self.rows, start=self.t, samples=n)
        clips.rings, clips.previous = self.rings.data_ptr(), self.previous.data_ptr()
        clips.codes, clips.logits = flat.data_ptr(), logits.data_ptr()
        clips.logits_step = self.rows * K if score else 0
        if draws is not None:
            clips.noise, clips.heat = draws.noise.data_ptr(), draws.heat.data_ptr()
        offsets, shares = self.condition(n)
        if offsets is not None:
            clips.frames = shares.shape[1]
            clips.offsets, clips.shares = offsets.data_ptr(), shares.data_ptr()
        self.functions.run(self.simd_width, self.network, clips, self.memory.data_ptr())
        if not bool(logits.isfinite().all()):
            raise UserError(f"the model's output is not finite before sample {self.t + n}")
        self.t += n
        if draws is not None:
            codes.copy_(flat.T)
        return logits[:, :, : self.K].permute(1, 2, 0)

    def condition(self, n: int) -> tuple[Tensor | None, Tensor]:
        """What is told around the next n samples gives to the gates, and how much each sample gets."""
        told = self.conditioner
        if told is None:
            return None, torch.empty(0)
        y, _, cycles, samples = self.known
        shares, window = torch.ones(n, 1, 1), y[:, :1]
        if told.upsample:
            frame, phase = divmod(self.t, told.config.hop_length)
            if frame >= y.shape[1]:
                raise UserError(f"the condition ends after {self.t} samples; give more frames")
            window = told.upsample.window(y, frame)
            weight = told.upsample.weight[phase : phase + n]
            shares = told.upsample.sum_to_one(weight)[:, :, None]
        given, shares = told.offsets(window), shares.expand(-1, -1, self.rows)
        if told.moves:
            moving, columns = told.between(cycles, samples, self.t, self.t + n)
            shares = torch.cat([shares, moving.permute(1, 2, 0)], dim=1)
            given = torch.cat([given, columns.T.expand(self.rows, -1, -1)], dim=1)
        both = given.float().cpu().unflatten(2, (self.network.layers, 2, self.G))
        offsets = F.pad(both.permute(2, 1, 0, 3, 4), (0, self.network.gate - self.G)).contiguous()
        return offsets, shares.float().cpu().contiguous()


def functions() -> CDLL | NumbaFunctions:
    """What runs the loop: compiled C++, or what numba makes, which is said.

    Raises:
        NoCompiler: There is neither.
    """
    try:
        return library()
    except NoCompiler as reason:
        if (ours := numba_functions()) is None:
            raise NoCompiler(f"{reason}, and numba is not installed") from None
        warn_once(f"{reason}; generating by numba instead, which is slower")
        return ours


def chosen(simd_width: int | None, most: int) -> int:
    """The vector path to take, of those that this processor has."""
    asked = str(simd_width or os.environ.get("TINYAUDIO_LANES") or most)
    if asked not in ("4", "8", "16") or int(asked) > most:
        raise UserError(f"no vectors of {asked} floats here; choose 4, 8 or 16, at most {most}")
    return int(asked)


def to_float32(weight: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Weights as compiled code can read them."""
    return weight.detach().float().cpu().contiguous()


def is_bfloat16(weight: Float[Tensor, "..."]) -> bool:
    """Whether 16 bits hold these weights as they are: the upper halves of 32-bit floats.

    Example:
        >>> is_bfloat16(torch.tensor([0.5, 3.0])), is_bfloat16(torch.tensor([0.5, 0.1]))
        (True, False)
    """
    return torch.equal(weight.bfloat16().float(), weight)


def padded(n: int) -> int:
    """The next multiple of `WIDTH`.

    Example:
        >>> padded(6), padded(64)
        (16, 64)
    """
    return -(-n // WIDTH) * WIDTH


def pad_to(weight: Float[Tensor, "..."], *shape: int) -> Float[Tensor, "..."]:
    """Zeros around a vector or matrix, up to this shape.

    Example:
        >>> pad_to(torch.ones(1, 2), 2, 3).tolist()
        [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    whole = torch.zeros(shape)
    whole[tuple(slice(n) for n in weight.shape)] = weight.detach().float().cpu()
    return whole
