r"""Latents for generators that make a whole clip from a vector of random numbers, and ways between two of them.

    (1 - t) a + t b                                                       [linear]

    (\sin((1 - t) \omega) a + \sin(t \omega) b) / \sin \omega             [spherical]

The angle between a and b is omega.  Nearly all vectors from N(0, I) have a norm near the square root of their
dimension.  The middle of a straight line between two of them is shorter by the square root of 2, where the
prior has next to no mass; the spherical path keeps the norm.  A generator that normalises its input, as
GANSynth's, hardly tells the two.

Paper:      Shoemake, "Animating rotation with quaternion curves", 1985; White, "Sampling generative networks",
            2016 (arXiv:1609.04468), for latents.
Implements: `uniform_latents` and `normal_latents`, a vector for each seed; `linear_interpolation`,
            `spherical_interpolation`; `render_notes`, sound from latents and pitches; `across_pitches`, one
            timbre.
See:        parts 3, "Bottlenecks and critics", and 4, "Sound as a picture".
"""

import math
from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.errors import UserError
from tinyaudio.samplers.request import check_seeds, make_generators

RENDERED_AT_ONCE = 8  # notes; all networks of this package treat each by itself


def uniform_latents(n_latents: int, seeds: Sequence[int]) -> Float[Tensor, "B D"]:
    """Latents uniform in [-1, 1], each a function of its seed alone.

    Args:
        n_latents: Length of a vector (D).
        seeds: One a clip.

    Raises:
        UserError: There is no seed, or one that torch's generators do not take.

    Example:
        >>> z = uniform_latents(100, seeds=[3, 4])
        >>> z.shape, torch.equal(z[1:], uniform_latents(100, seeds=[4]))
        (torch.Size([2, 100]), True)
    """
    check_seeds(seeds)
    return torch.stack([2 * torch.rand(n_latents, generator=g) - 1 for g in make_generators(seeds)])


def normal_latents(n_latents: int, seeds: Sequence[int]) -> Float[Tensor, "B D"]:
    """Latents from N(0, I), the prior of a VAE, each a function of its seed alone.

    Args:
        n_latents: Length of a vector (D).
        seeds: One a clip.

    Raises:
        UserError: There is no seed, or one that torch's generators do not take.

    Example:
        >>> z = normal_latents(2, seeds=[3, 4])
        >>> z.shape, torch.equal(z[1:], normal_latents(2, seeds=[4]))
        (torch.Size([2, 2]), True)
    """
    check_seeds(seeds)
    return torch.stack([torch.randn(n_latents, generator=g) for g in make_generators(seeds)])


# ---------------------------------------------------------------------------- between two latents


def linear_interpolation(
    a: Float[Tensor, " D"], b: Float[Tensor, " D"], t: Float[Tensor, " N"]
) -> Float[Tensor, "N D"]:
    """Vectors on the straight line from one latent to another.

    Args:
        a: Where t is 0.
        b: Where t is 1.
        t: Places on the way.

    Example:
        >>> linear_interpolation(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([0.5]))
        tensor([[0.5000, 0.5000]])
    """
    return (1 - t)[:, None] * a + t[:, None] * b


def spherical_interpolation(
    a: Float[Tensor, " D"], b: Float[Tensor, " D"], t: Float[Tensor, " N"]
) -> Float[Tensor, "N D"]:
    """Vectors on the great circle from one latent to another, at equal angles for equal steps of t.

    Latents of one norm keep it all the way; between equal directions the way is a straight line.

    Args:
        a: Where t is 0.
        b: Where t is 1.
        t: Places on the way.

    Raises:
        UserError: The latents point in opposite directions: no way is the shortest.

    Example:
        >>> a, b = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
        >>> spherical_interpolation(a, b, torch.tensor([0.5]))
        tensor([[0.7071, 0.7071]])
        >>> spherical_interpolation(a, a, torch.tensor([0.5]))
        tensor([[1., 0.]])
    """
    # |u| and |v| are 2 sin and 2 cos of half the angle: exact for small angles, where a cosine is not
    u, v = a * b.norm() - b * a.norm(), a * b.norm() + b * a.norm()
    omega = 2 * torch.atan2(u.norm(), v.norm())
    if math.pi - omega < 1e-3:
        raise UserError("the two latents are opposite: no way between them is the shortest")
    # sin(t omega) / sin(omega) = t sinc(t omega) / sinc(omega), which is t where omega is 0
    turns = omega / math.pi
    of_a, of_b = ((w * torch.sinc(w * turns) / torch.sinc(turns)) for w in (1 - t, t))
    return of_a[:, None] * a + of_b[:, None] * b


# ---------------------------------------------------------------------------- notes


@torch.no_grad()
def render_notes(
    generator: Callable[[Tensor, Tensor], Tensor],
    to_audio: Callable[[Tensor], Tensor],
    latents: Float[Tensor, "B D"],
    pitches: Sequence[int],
) -> Float[Tensor, "B 1 T"]:
    """One note for each latent and pitch.

    Args:
        generator: Latents and MIDI pitches (B,) to images.
        to_audio: Images to sound, such as `tinyaudio.represent.gansynth_image.to_audio` of one size.
        latents: On the generator's device.
        pitches: MIDI numbers, one a row of latents.

    Returns:
        The notes, on the CPU.

    Example:
        >>> picture = lambda z, pitch: z[:, None, None] * pitch[:, None, None, None]
        >>> render_notes(picture, lambda image: image[:, :, 0], torch.ones(3, 4), [60, 62, 64]).shape
        torch.Size([3, 1, 4])
    """
    parts = zip(
        latents.split(RENDERED_AT_ONCE),
        torch.tensor([*pitches], device=latents.device).split(RENDERED_AT_ONCE),
        strict=True,
    )
    return torch.cat([to_audio(generator(z, pitch)).cpu() for z, pitch in parts])


def across_pitches(
    render: Callable[[Tensor, Sequence[int]], Tensor],
    latent: Float[Tensor, " D"],
    pitches: Sequence[int],
) -> Float[Tensor, "P 1 T"]:
    """One timbre: a note of the same latent at every pitch.

    Args:
        render: Latents (P, D) and pitches to notes; see `render_notes`.
        latent: The timbre.
        pitches: MIDI numbers.

    Example:
        >>> across_pitches(lambda z, pitches: z[:, None], torch.ones(4), [60, 64, 67]).shape
        torch.Size([3, 1, 4])
    """
    return render(latent.expand(len(pitches), -1), pitches)
