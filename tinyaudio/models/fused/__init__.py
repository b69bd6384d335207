r"""The training step of a WaveNet as one compiled function: its loss and all gradients in one pass.

    L = -\sum_{b,t} w_{b,t} \log p(x_{b,t} \mid x_{b,<t}) / \sum_{b,t} w_{b,t}

PyTorch takes every operation of a layer through memory and keeps what the backward pass needs.  For
narrow layers, most of the time goes there and into dispatch.  Here a block of samples stays in the
processor's cache from the convolution to the residual connection.

Implements: `FusedStep`, the same loss as that of the network's `forward`, as an `autograd.Function`, so
            that optimizer, averaging over processes and resuming remain what they are; `fused_step`,
            which makes one where it can.
Differs:    sums are taken in another order than PyTorch's, so the last digits differ; gradients of
            gradients do not exist.
See:        chapter 7, "Making it fast".
"""

import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.autograd.function import once_differentiable
from torch.nn import functional as F

from tinyaudio.errors import UserError
from tinyaudio.models.codes import check_codes
from tinyaudio.models.condition import Condition
from tinyaudio.models.fused.library import Clip, Sizes, library
from tinyaudio.models.gated import GatedLayer
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.native.build import NoCompiler, warn_once

PATHS = {"baseline": 4, "avx2": 8, "avx512": 16, "amx": 32}  # numbers of step.cpp
WIDTH, MAX_LAYERS = 16, 128  # of step.cpp
THREAD = threading.local()


class FusedStep:
    """The loss of one network, computed by compiled code on the CPU.

    Args:
        net: A WaveNet that `unsupported` has no reason against.
        path: The instructions to use, one of `PATHS`; None takes ``$TINYAUDIO_TRAINING_PATH``, or else
            the fastest of this processor.  Results are bitwise the same on one path.

    Raises:
        NoCompiler: This machine cannot compile C++.
        UserError: The network is unsupported, or the processor does not have that path.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> net = WaveNet(WaveNetConfig.tiny())
        >>> codes = torch.full((1, 100), 128)
        >>> loss = FusedStep(net)(codes, codes)
        >>> torch.allclose(loss, F.cross_entropy(net(codes), codes))
        True
    """

    def __init__(self, net: WaveNet, path: str | None = None) -> None:
        if reason := unsupported(net):
            raise UserError(f"the fused step cannot train this network: {reason}")
        self.functions = library()
        fastest = next(name for name, n in PATHS.items() if n == self.functions.widest_path())
        self.path = path or os.environ.get("TINYAUDIO_TRAINING_PATH") or fastest
        if self.path not in PATHS or PATHS[self.path] > PATHS[fastest]:
            names = ", ".join(name for name, n in PATHS.items() if n <= PATHS[fastest])
            raise UserError(f"no path {self.path!r} on this processor; there are: {names}")
        self.net = net
        self.layers = [layer for layer in net.layers if isinstance(layer, GatedLayer)]
        self.delays = torch.tensor([[*layer.delays, 0] for layer in self.layers])
        c = net.config
        self.network = Sizes(
            *(len(self.layers), c.kernel_size, c.residual_channels, c.gate_channels),
            *(c.skip_channels, c.n_levels, sum(p.numel() for p in self.parameters())),
            *(int(self.delays.max()), self.delays.data_ptr()),
        )

    def parameters(self) -> list[nn.Parameter]:
        """The weights in the order in which step.cpp has them; the conditioner is PyTorch's."""
        hidden = self.net.head[1]
        return [
            *self.net.embed.parameters(),
            *(p for layer in self.layers for p in layer.parameters()),
            *(
                p
                for linear in (self.net.skip, hidden, self.net.logits)
                for p in linear.parameters()
            ),
        ]

    def __call__(
        self,
        codes: Int[Tensor, "B T"],
        history: Int[Tensor, "B T"],
        condition: Condition | None = None,
        weights: Float[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, ""]:
        """Negative log-likelihood in nats a sample, differentiable in all weights of the network.

        Args:
            codes: The samples to predict, in [0, n_levels - 1].
            history: What they are predicted from, mostly the same; the network shifts it by one.
            condition: See `WaveNet.forward`.
            weights: Of each sample in the mean, 0 or more; None weighs all alike.

        Raises:
            UserError: A code is out of range, or the condition is not what the network takes.
        """
        net = self.net
        net.check_condition(condition)
        for given in (codes, history):
            check_codes(given, net.config.n_levels)
        offsets = upsampler = None
        if net.conditioner and condition:
            y = net.conditioner.embed(condition, *codes.shape)
            offsets = net.conditioner.offsets(y).float()  # (B, N, layers 2 G)
            if net.conditioner.upsample:
                upsampler = net.conditioner.upsample.sum_to_one(net.conditioner.upsample.weight)
        if weights is None:
            weights = torch.ones(codes.shape)
        batch = Samples(
            F.pad(history, (1, -1), value=net.silence).contiguous(),  # x_{t-1} at t
            codes.contiguous(),
            (weights / weights.sum()).contiguous(),
        )
        flat = torch.cat([p.flatten() for p in self.parameters()])
        loss: Tensor = Loss.apply(self, batch, flat, offsets, upsampler)
        return loss

    def run(
        self,
        batch: "Samples",
        weights: Float[Tensor, " n_weights"],
        offsets: Float[Tensor, "B N offsets"] | None,
        upsampler: Float[Tensor, "hop 3"] | None,
    ) -> tuple[float, Tensor, Tensor | None, Tensor | None]:
        """The loss, and its gradients with respect to weights, offsets and upsampler.

        Each clip is computed on its own, on as many threads as PyTorch uses, and has gradients of its own:
        their sum does not depend on the number of threads.
        """
        B, T = batch.targets.shape
        d_weights = torch.zeros(B, len(weights))
        d_offsets = None if offsets is None else torch.zeros_like(offsets)
        d_upsampler = None if upsampler is None else torch.zeros(B, *upsampler.shape)

        def run_clip(b: int) -> float:
            clip = Clip(samples=T, weights=weights.data_ptr())
            clip.history, clip.targets = batch.history[b].data_ptr(), batch.targets[b].data_ptr()
            clip.sample_weights = batch.weights[b].data_ptr()
            clip.gradients = d_weights[b].data_ptr()
            if offsets is not None and d_offsets is not None:
                clip.frames, clip.hop = offsets.shape[1], T
                clip.offsets, clip.offset_gradients = offsets[b].data_ptr(), d_offsets[b].data_ptr()
            if upsampler is not None and d_upsampler is not None:
                clip.hop, clip.upsampler = len(upsampler), upsampler.data_ptr()
                clip.upsampler_gradients = d_upsampler[b].data_ptr()
            memory = working_memory(self.functions.working_memory(self.network, T))
            args = PATHS[self.path], self.network, clip, memory.data_ptr()
            nats: float = self.functions.run(*args)
            return nats

        n_threads = torch.get_num_threads()
        each = map if n_threads == 1 else thread_pool(n_threads).map
        nats = sum(each(run_clip, range(B)))
        return (
            *(nats, d_weights.sum(0), d_offsets),
            None if d_upsampler is None else d_upsampler.sum(0),
        )


class Samples(NamedTuple):
    """A batch as step.cpp reads it.

    Attributes:
        history: The code before each sample.
        targets: The samples.
        weights: Of each sample in the loss; their sum is 1.
    """

    history: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]
    weights: Float[Tensor, "B T"]


class Loss(torch.autograd.Function):
    """The loss as autograd sees it; its gradients are computed with it."""

    @staticmethod
    def forward(  # type: ignore[override]
        ctx: Any,
        step: FusedStep,
        batch: Samples,
        weights: Tensor,
        offsets: Tensor | None,
        upsampler: Tensor | None,
    ) -> Tensor:
        """The loss, from the weights in the order of `FusedStep.parameters`."""
        inputs = (None if x is None else x.detach().contiguous() for x in (offsets, upsampler))
        nats, *ctx.gradients = step.run(batch, weights.detach(), *inputs)
        return torch.tensor(nats, dtype=torch.float32)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:  # type: ignore[override]
        """The gradients of the three inputs."""
        return None, None, *(None if g is None else g * gradient for g in ctx.gradients)


def unsupported(net: WaveNet) -> str | None:
    """Why the fused step cannot train a network, or None if it can.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> unsupported(WaveNet(WaveNetConfig(stacks=1, layers=2, residual_channels=24)))
        'its residual_channels are 24, not a multiple of 16'
    """
    config = net.config
    if config.n_mixtures:
        return "its output is a mixture, not a softmax"
    for name in ("residual_channels", "gate_channels", "skip_channels", "n_levels"):
        if getattr(config, name) % WIDTH:
            return f"its {name} are {getattr(config, name)}, not a multiple of {WIDTH}"
    if len(config.dilations) > MAX_LAYERS:
        return f"it has {len(config.dilations)} layers, more than {MAX_LAYERS}"
    for parameter in net.parameters():
        if parameter.device.type != "cpu" or parameter.dtype != torch.float32:
            return f"its weights are {parameter.dtype} on {parameter.device}, not float32 on a CPU"
    return None


def fused_step(net: WaveNet) -> FusedStep | None:
    """The fused step of a network, or None, with a warning that says why, where PyTorch must train it.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> fused_step(WaveNet(WaveNetConfig(stacks=1, layers=2))).net.receptive_field
        4
    """
    reason = unsupported(net)
    try:
        if not reason:
            return FusedStep(net)
    except NoCompiler as problem:
        reason = str(problem)
    if next(net.parameters()).device.type == "cpu":  # on a GPU, PyTorch is what one expects
        warn_once(f"{reason}; trained by PyTorch, which takes about three times as long")
    return None


@functools.cache
def thread_pool(n: int) -> ThreadPoolExecutor:
    """Threads that stay, and with them their working memory."""
    return ThreadPoolExecutor(n, thread_name_prefix="fused-step")


def working_memory(n_floats: int) -> Float[Tensor, " n"]:
    """This thread's memory, kept: fresh pages from the system would cost a tenth of the step."""
    kept = vars(THREAD).get("memory")
    if kept is None or len(kept) < n_floats:
        THREAD.memory = kept = torch.empty(n_floats)
    return kept
