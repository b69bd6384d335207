"""The loss of a WaveNet under its condition, in bits a sample, by PyTorch or by the fused step.

Implements: `NLL`, and `batch_condition`, what a batch is conditioned on.
See:        chapter 5, "WaveNet".
"""

import functools
import math
from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.models.condition import Condition
from tinyaudio.models.fused import FusedStep, fused_step
from tinyaudio.models.wavenet import WaveNet
from tinyaudio.objectives import mixture
from tinyaudio.objectives.likelihood import bits_per_sample, corrupt_history
from tinyaudio.represent import mulaw
from tinyaudio.train import Batch


def batch_condition(batch: Batch) -> Condition | None:
    """What a batch is conditioned on, under the names of `Condition`; None if on nothing."""
    parts = {name: batch[name] for name in ("classes", "vectors", "frames") if name in batch}
    return Condition(**parts) if parts else None


class NLL:
    """Negative log-likelihood of ``audio`` (B, 1, T) under its condition, in bits a sample: a `Loss`.

    Args:
        net: With a softmax over mu-law codes, or with a mixture over 16 bits.
        history_noise: Greatest rms of the noise on the input, or a function of the step that gives it;
            see `tinyaudio.objectives.likelihood.corrupt_history`.  For a softmax only.
        n_context: Samples at a crop's begin that only serve as history, unless its ``start`` is 0.
        fused: Whether the fused step may compute it, where gradients are wanted.

    Example:
        >>> from tinyaudio.models.wavenet import WaveNetConfig
        >>> net = WaveNet(WaveNetConfig(stacks=1, layers=2))
        >>> loss, _ = NLL(net)({"audio": torch.zeros(1, 1, 100)}, step=0)
        >>> round(loss.item(), 3)  # untrained: uniform over 256 levels
        8.0
    """

    def __init__(
        self,
        net: WaveNet,
        history_noise: float | int | Callable[[int], float] = 0,
        n_context: int = 0,
        fused: bool = False,
    ) -> None:
        self.net, self.n_context = net, n_context
        self.fused = fused and not net.config.n_mixtures
        self.history_noise = (
            history_noise if callable(history_noise) else lambda step: history_noise
        )

    def __call__(self, batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The loss, and no logs."""
        n_levels, condition = self.net.config.n_levels, batch_condition(batch)
        if self.net.config.n_mixtures:
            bits = n_levels.bit_length() - 1
            return mixture.likelihood(lambda codes: self.net(codes, condition), bits)(batch, step)
        codes = mulaw.encode(batch["audio"].squeeze(1), n_levels)  # (B, T)
        history = corrupt_history(codes, n_levels, self.history_noise(step))
        weights = self.weights(batch)
        if self.fused and torch.is_grad_enabled() and self.compiled:
            return self.compiled(codes, history, condition, weights) / math.log(2), {}
        return bits_per_sample(self.net(history, condition), codes, weights), {}

    def weights(self, batch: Batch) -> Float[Tensor, "B T"] | None:
        """1 for each sample that counts, else 0; None if all count."""
        if not self.n_context or "start" not in batch:
            return None
        t = torch.arange(batch["audio"].shape[2], device=batch["audio"].device)
        return ((batch["start"][:, None] == 0) | (t >= self.n_context)).float()

    @functools.cached_property
    def compiled(self) -> FusedStep | None:
        """The fused step, made when the network is on its device; None where PyTorch must train it."""
        return fused_step(self.net)

    def backend(self) -> str:
        """What computes the loss, for `tinyaudio.train.Learner`."""
        return f"fused, {self.compiled.path}" if self.fused and self.compiled else "PyTorch"
