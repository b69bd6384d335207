"""A WaveNet's weights and cache, laid out for the compiled step.

Implements: `NativeStep`, which packs the weights once, when it is made: samplers make a new one for every
            request, so that it is never stale.
See:        chapter 7, "Making it fast".
"""

import os
from dataclasses import dataclass

import torch
from jaxtyping import Float, Float64, Int
from torch import Tensor, nn
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.condition import Condition
from tinyaudio.models.gated import GatedLayer
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.samplers.native.library import Clips, Network, library

WIDTH = 16  # all widths are padded to a multiple of the widest vector


@dataclass(frozen=True)
class Draws:
    """The randomness of one chunk.

    Attributes:
        noise: Of Gumbel's distribution.
        temperature: One a clip.
    """

    noise: Float64[Tensor, "B n K"]
    temperature: Float64[Tensor, " B"]


class NativeStep:
    """A network that generates or scores one chunk of samples after another.

    Args:
        model: A `WaveNet` with a softmax; its weights as they are now.
        batch_size: Clips.
        condition: If the model takes one.
        simd_width: Floats in a vector: 16 (AVX-512), 8 (AVX2) or 4 (SSE2, NEON).  None takes
            ``$TINYAUDIO_SIMD_WIDTH``, or else the widest of this processor.

    Raises:
        NoCompiler: This machine cannot compile C++.
        UserError: The weights are not finite, or the condition is not what the model takes.
    """

    def __init__(
        self,
        model: WaveNet,
        batch_size: int,
        condition: Condition | None = None,
        simd_width: int | None = None,
    ) -> None:
        self.functions = library()
        self.simd_width = choose_simd_width(simd_width, self.functions.simd_width())
        self.rows, self.t, self.silence = batch_size, 0, model.silence
        self.conditioner = model.conditioner
        cache = model.init_cache(batch_size, condition)
        self.condition_cache = cache.condition

        config = model.config
        self.R, self.G, self.K = config.residual_channels, config.gate_channels, config.n_levels
        L, delays = len(config.dilations), cache.layers.delays.cpu().contiguous()
        R, G, S, K = (round_up(n) for n in (self.R, self.G, config.skip_channels, self.K))
        self.embedding = pad_to(model.embed.weight, self.K, R)
        self.weights = self.pack_weights(model)
        if not all(bool(p.isfinite().all()) for p in model.parameters()):
            raise UserError("the model's weights are not all finite; it cannot be sampled from")
        self.delays = delays
        self.network = Network(
            *(L, delays.shape[1], R, G, S, K, self.K),
            *(w.data_ptr() for w in (delays, self.embedding, self.weights)),
        )
        # The ring buffers of `LayerCache`, with padded channels.
        self.buffers = torch.zeros(int(delays[:, 0].sum()) * batch_size * R)
        self.previous = torch.full((batch_size,), model.silence)
        n_floats = self.functions.working_memory(self.network, batch_size)
        self.memory = torch.zeros(n_floats)

    def pack_weights(self, model: WaveNet) -> Float[Tensor, " floats"]:
        """All matrices in the order in which they are read, one after the other."""
        R, G = round_up(self.R), round_up(self.G)
        L, S = len(model.layers), round_up(model.config.skip_channels)
        matrices: list[tuple[Tensor, Tensor | None]] = []
        for layer in model.layers:
            # Every tap and each gate is padded separately.
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
        for linear, n in ((hidden, S), (model.logits, round_up(self.K))):
            matrices.append((pad_to(linear.weight, n, S), pad_to(linear.bias, n)))

        matrices = [(to_float32(w), None if b is None else to_float32(b)) for w, b in matrices]
        n_floats = [w.numel() + (0 if b is None else len(b)) for w, b in matrices]
        packed = torch.empty(sum(n_floats))
        for (w, b), to in zip(matrices, packed.split(n_floats), strict=True):
            addresses = w.data_ptr(), None if b is None else b.data_ptr()
            self.functions.pack(self.simd_width, *addresses, *w.shape, to.data_ptr())
        return packed

    @property
    def products(self) -> int:
        """Multiplications a sample, for all clips together."""
        return self.weights.numel() * self.rows

    @property
    def bytes_per_sample(self) -> int:
        """Bytes of weights that are read for a sample; those of past taps serve several samples."""
        R, G, taps = self.network.residual, self.network.gate, self.network.taps
        most = max(1, 16 // self.rows)  # `lookahead` of step.cpp
        past_taps = 2 * G * (taps * R + 1)
        saved = sum(past_taps * (1 - 1 / min(int(d), most)) for d in self.delays[:, -1])
        return round(4 * (self.weights.numel() - saved))

    def until_next_frame(self, n: int) -> int:
        """How many of the next n samples belong to the current frame; `run` takes no more."""
        if self.conditioner is None or self.conditioner.upsample is None:
            return n
        hop = self.conditioner.config.hop_length
        return min(n, hop - self.t % hop)

    def run(
        self, codes: Int[Tensor, "B n"], draws: Draws | None = None, score: bool = False
    ) -> Float[Tensor, "B K m"]:
        """Run n samples of one frame; with draws their codes are generated, otherwise given.

        Args:
            codes: The samples, overwritten if they are generated.
            draws: The randomness, to generate.
            score: Whether to compute all logits.

        Returns:
            The logits of all samples, or of the last one (zeros if it is given and not scored).

        Raises:
            UserError: The condition has no frame for these samples, or a logit is not finite.
        """
        n = codes.shape[1]
        K = self.network.outputs
        flat = codes.T.to(torch.int64).contiguous()  # (n, B)
        logits = torch.zeros(n if score else 1, self.rows, K)
        clips = Clips(rows=self.rows, start=self.t, samples=n)
        clips.buffers, clips.previous = self.buffers.data_ptr(), self.previous.data_ptr()
        clips.codes, clips.logits = flat.data_ptr(), logits.data_ptr()
        clips.logits_step = self.rows * K if score else 0
        if draws is not None:
            clips.noise, clips.temperature = draws.noise.data_ptr(), draws.temperature.data_ptr()
        offsets, frame_weights = self.condition_offsets(n)
        if offsets is not None:
            clips.frames = frame_weights.shape[1]
            clips.offsets, clips.frame_weights = offsets.data_ptr(), frame_weights.data_ptr()
        self.functions.run(self.simd_width, self.network, clips, self.memory.data_ptr())
        if not bool(logits.isfinite().all()):
            raise UserError(f"the model's output is not finite before sample {self.t + n}")
        self.t += n
        if draws is not None:
            codes.copy_(flat.T)
        return logits[:, :, : self.K].permute(1, 2, 0)

    def condition_offsets(self, n: int) -> tuple[Tensor | None, Tensor]:
        """Gate offsets of the frames around the next n samples, and each frame's weight at each sample."""
        conditioner, cache = self.conditioner, self.condition_cache
        if conditioner is None or cache is None:
            return None, torch.empty(0)
        weights, window = torch.ones(n, 1, 1), cache.y[:, :1]
        if conditioner.upsample:
            frame, phase = divmod(self.t, conditioner.config.hop_length)
            if frame >= cache.y.shape[1]:
                raise UserError(f"the condition ends after {self.t} samples; give more frames")
            window = conditioner.upsample.window(cache.y, frame)
            rows = conditioner.upsample.weight[phase : phase + n]
            weights = conditioner.upsample.sum_to_one(rows)[:, :, None]
        offsets = conditioner.offsets(window).float().cpu()
        gates = offsets.unflatten(2, (self.network.layers, 2, self.G)).permute(2, 1, 0, 3, 4)
        padded = F.pad(gates, (0, self.network.gate - self.G)).contiguous()
        return padded, weights.expand(-1, -1, self.rows).float().cpu().contiguous()


def choose_simd_width(requested: int | None, widest: int) -> int:
    """The vector width to use, of those that this processor has.

    Raises:
        UserError: It has no such vectors.
    """
    width = str(requested or os.environ.get("TINYAUDIO_SIMD_WIDTH") or widest)
    if width not in ("4", "8", "16") or int(width) > widest:
        raise UserError(
            f"no vectors of {width} floats on this processor; choose 4, 8 or 16, at most {widest}"
        )
    return int(width)


def to_float32(weight: Float[Tensor, "..."]) -> Float[Tensor, "..."]:
    """Weights in the layout of C++."""
    return weight.detach().float().cpu().contiguous()


def round_up(n: int) -> int:
    """The next multiple of `WIDTH`.

    Example:
        >>> round_up(6), round_up(64)
        (16, 64)
    """
    return -(-n // WIDTH) * WIDTH


def pad_to(weight: Float[Tensor, "..."], *shape: int) -> Float[Tensor, "..."]:
    """Pad a vector or matrix with zeros at the end of every axis.

    Example:
        >>> pad_to(torch.ones(1, 2), 2, 3).tolist()
        [[1.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
    """
    padded = torch.zeros(shape)
    padded[tuple(slice(n) for n in weight.shape)] = weight.detach().float().cpu()
    return padded
