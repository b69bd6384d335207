r"""How a GAN grows: it begins with coarse images, and finer ones are faded in.

A network for the resolutions k = 0 .. K - 1, each twice the one before, has a *progress* p in [0, K - 1].  At a
whole p it works at resolution p alone, between two whole numbers it blends both.  The progress is a function
of the number of training examples and of nothing else, so that training resumes in the middle of a fade.

The generator's image, and a real one, are sums over the resolutions; the discriminator begins at the finest in
use, and adds the next coarser image to its features:

    image(p) = \sum_k max(0, 1 - |p - k|) image_k

    x_k \leftarrow \alpha from_image_k(image) + (1 - \alpha) x_k,   \alpha = clip(k + 1 - p, 0, 1)

Paper:      Karras, Aila, Laine & Lehtinen, "Progressive growing of GANs for improved quality, stability, and
            variation", ICLR 2018 (arXiv:1710.10196), section 2 and figure 2.
Implements: `Growth`, `Stage`; `resolution_weights`, `input_weight`, `blend`; `Progressive`, `growing`.
See:        part 4, "Sound as a picture".
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tinyaudio.errors import ConfigError, UserError
from tinyaudio.models.progressive import downscale, upscale


class Stage(NamedTuple):
    """How far a network has grown.

    Attributes:
        resolution: The finest in use, from 0.
        alpha: Its weight, from 0, where its fade begins, to 1, where it is the only one in use.
    """

    resolution: int
    alpha: float

    @property
    def progress(self) -> float:
        """The same as one number, from 0 to K - 1.

        Example:
            >>> Stage(3, 0.25).progress
            2.25
        """
        return max(0.0, self.resolution - 1 + self.alpha)


@dataclass(frozen=True)
class Growth:
    """How long a resolution is faded in, and kept before the next; GANSynth's by default.

    There is nothing from which the first could be faded in; the last is kept for good.  With both 0, nothing
    grows: the finest resolution is used from the start.

    Attributes:
        fade: Training examples of a fade.
        stable: Training examples after it.
    """

    fade: int = 800_000
    stable: int = 800_000

    def __post_init__(self) -> None:
        for name in ("fade", "stable"):
            if getattr(self, name) < 0:
                raise ConfigError(name, getattr(self, name), "must be 0 examples or more")

    @classmethod
    def tiny(cls) -> "Growth":
        """Four resolutions in 11,200 examples."""
        return cls(1_600, 1_600)

    def stage(self, examples: int, n_resolutions: int = 7) -> Stage:
        """How far to grow after so many training examples.

        Example:
            >>> Growth().stage(0), Growth().stage(1_000_000), Growth().stage(1_600_000)
            (Stage(resolution=0, alpha=1.0), Stage(resolution=1, alpha=0.25), Stage(resolution=1, alpha=1.0))
        """
        last = Stage(n_resolutions - 1, 1.0)
        if self.fade + self.stable == 0:
            return last
        if examples < self.stable:
            return Stage(0, 1.0)
        k, rest = divmod(examples - self.stable, self.fade + self.stable)
        if k + 1 >= n_resolutions:
            return last
        return Stage(k + 1, min(1.0, rest / self.fade) if self.fade else 1.0)


def resolution_weights(progress: float | int, n_resolutions: int) -> list[float]:
    """The weight of every resolution in an image; all together are 1.

    Example:
        >>> resolution_weights(1.25, 4)
        [0.0, 0.75, 0.25, 0.0]
    """
    return [max(0.0, 1.0 - abs(progress - k)) for k in range(n_resolutions)]


def input_weight(progress: float | int, resolution: int) -> float:
    r"""\alpha, the weight of the image itself at a resolution of the discriminator, beside finer features.

    Example:
        >>> [input_weight(1.25, k) for k in range(4)]
        [0.0, 0.75, 1.0, 1.0]
    """
    return min(1.0, max(0.0, resolution + 1 - progress))


def blend(
    image: Float[Tensor, "B C H W"], progress: float | int, n_resolutions: int
) -> Float[Tensor, "B C H W"]:
    """A real image as coarse as generated ones are at a progress, of the size that it has.

    Args:
        image: At the finest resolution, K - 1.
        progress: p, from 0 to K - 1.
        n_resolutions: K.

    Example:
        >>> blend(torch.tensor([[[[1.0, 3.0], [1.0, 3.0]]]]), 0.5, n_resolutions=2)[0, 0, 0]
        tensor([1.5000, 2.5000])
    """
    total = torch.zeros_like(image)
    for k, weight in enumerate(resolution_weights(progress, n_resolutions)):
        if weight:
            factor = 2 ** (n_resolutions - 1 - k)
            total = total + weight * upscale(downscale(image, factor), factor)
    return total


class Progressive(nn.Module):
    """A network that grows; how far it was trained to is kept with its weights.

    A run that was stopped early is then heard at the resolution that it has learned.

    Args:
        n_resolutions: K.

    Example:
        >>> Progressive(4).progress_or_own(None)
        3.0
    """

    progress: Tensor

    def __init__(self, n_resolutions: int) -> None:
        super().__init__()
        self.last = n_resolutions - 1
        self.register_buffer("progress", torch.tensor(float(self.last)))

    def progress_or_own(self, progress: float | int | None) -> float:
        """The progress that is asked for, or by default that of the weights.

        Raises:
            UserError: It is not from 0 to K - 1.
        """
        p = float(self.progress if progress is None else progress)
        if not 0 <= p <= self.last:
            raise UserError(f"progress {p}: must be from 0 to {self.last}, the finest resolution")
        return p


def growing(
    networks: Sequence[Progressive], growth: Growth, batch_size: int
) -> Callable[[int], float]:
    """The progress of networks as a function of the training step; each call leaves it with their weights.

    Args:
        networks: Of one number of resolutions.
        growth: When.
        batch_size: Examples a step.

    Example:
        >>> net = Progressive(4)
        >>> growing([net], Growth(8, 8), batch_size=2)(6), net.progress.item()
        (0.5, 0.5)
    """

    def progress(step: int) -> float:
        p = growth.stage(step * batch_size, networks[0].last + 1).progress
        for network in networks:
            network.progress.fill_(p)
        return p

    progress(0)
    return progress
