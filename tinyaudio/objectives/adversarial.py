r"""Adversarial losses: a critic measures a distance, a generator shortens it.

    W(P, Q) = \sup_{f: |f(a) - f(b)| \le |a - b|}  E_{x \sim P} f(x) - E_{x \sim Q} f(x)

The critic is the f; a penalty on its gradient, or small weights, keep it from being steeper than 1.
Every adversarial loss here and in `tinyaudio.objectives.gan` has three forms:

    unconditional         generator(latents)             critic(audio) -> scores (B,)
    conditional           generator(latents, condition)  critic(audio, condition) -> scores (B,)
    auxiliary classifier  generator(latents, condition)  critic(audio) -> scores (B,), logits (B, K)

In the third, the critic learns to classify real audio, and the generator to make audio that is classified
as it was conditioned.  Generated clips take the conditions of the batch's real ones.

Paper:      Arjovsky, Chintala, Bottou, "Wasserstein GAN" (2017); Gulrajani et al., "Improved training
            of Wasserstein GANs" (2017), algorithm 1; Karras et al., "Progressive growing of GANs" (2018),
            for the drift term; Odena et al., "Conditional image synthesis with auxiliary classifier
            GANs" (2017).
Implements: `wasserstein_critic`, `wasserstein_generator`, `gradient_penalty`, `clip_weights`;
            `generate` and `score`, the three forms.
Differs:    by default, the penalty is one-sided: it punishes only slopes above 1 (Petzka et al., 2018).
            The papers' two-sided penalty can settle on the wrong sign in one dimension.  The classifier
            learns from real audio alone, as in GANSynth; Odena et al. also show it generated audio.
See:        part 3, "Bottlenecks and critics".
"""

from collections.abc import Callable
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]


def wasserstein_critic(
    critic: Callable[..., Any],
    generator: Callable[..., Tensor],
    latents: Callable[[int], Tensor],
    penalty_weight: float | int = 10.0,
    *,
    one_sided: bool = True,
    drift_weight: float | int = 0.0,
    condition: Callable[[Batch], Any] | None = None,
    label: str | None = None,
    label_weight: float | int = 1.0,
) -> Loss:
    r"""The critic's loss: minus the distance it estimates, and what keeps it a critic.

    E f(\tilde x) - E f(x) + \lambda GP + \epsilon E f(x)^2 + \alpha E[-\ln p(y | x)]

    Args:
        critic: Audio (B, 1, T) to scores (B,); see the module's docstring for the other forms.
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.
        penalty_weight: \lambda, of `gradient_penalty`; 0 leaves it out, for `clip_weights`.
        one_sided: See `gradient_penalty`.
        drift_weight: \epsilon; keeps scores near 0.  Karras et al. take 0.001.
        condition: What the networks are conditioned on, computed from a batch.
        label: Key of the batch's classes (B,), from 0 to K - 1, for an auxiliary classifier.  The
            generator is conditioned on them, too, unless there is a `condition`.
        label_weight: \alpha, of the classifier's cross-entropy in nats.  GANSynth takes 10.

    Returns:
        A loss for batches with a key ``audio``; logs ``wasserstein``, the estimated distance, and if they
        are part of the loss ``penalty`` and ``cross_entropy``.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        real = batch["audio"]
        given = condition(batch) if condition else None
        with torch.no_grad():
            generated = generate(generator, latents, batch, given, label)
        real_scores, cross_entropy = score(critic, real, batch, given, label)
        distance = real_scores.mean() - score(critic, generated, batch, given, label)[0].mean()
        total, logs = -distance, {"wasserstein": distance.detach()}
        if penalty_weight:
            penalty = gradient_penalty(
                lambda x: score(critic, x, batch, given, label)[0],
                real,
                generated,
                one_sided=one_sided,
            )
            total = total + penalty_weight * penalty
            logs["penalty"] = penalty.detach()
        if drift_weight:
            total = total + drift_weight * real_scores.square().mean()
        if cross_entropy is not None:
            total = total + label_weight * cross_entropy
            logs["cross_entropy"] = cross_entropy.detach()
        return total, logs

    return loss


def wasserstein_generator(
    critic: Callable[..., Any],
    generator: Callable[..., Tensor],
    latents: Callable[[int], Tensor],
    *,
    condition: Callable[[Batch], Any] | None = None,
    label: str | None = None,
    label_weight: float | int = 1.0,
) -> Loss:
    r"""The generator's loss: - E f(\tilde x) + \alpha E[-\ln p(y | \tilde x)].

    Args:
        critic: This and what follows as for `wasserstein_critic`.
        generator: Latents (B, D) to audio (B, 1, T).
        latents: Draws that many rows of latents.
        condition: What the networks are conditioned on, computed from a batch.
        label: Key of the classes that generated audio is to be recognised as.
        label_weight: \alpha, of that cross-entropy.

    Returns:
        A loss that takes the size, device and conditions of a batch, not its sound; logs
        ``cross_entropy`` if there is a label.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        given = condition(batch) if condition else None
        generated = generate(generator, latents, batch, given, label)
        scores, cross_entropy = score(critic, generated, batch, given, label)
        if cross_entropy is None:
            return -scores.mean(), {}
        logs = {"cross_entropy": cross_entropy.detach()}
        return -scores.mean() + label_weight * cross_entropy, logs

    return loss


def gradient_penalty(
    critic: Callable[[Tensor], Tensor],
    real: Float[Tensor, "B *shape"],
    generated: Float[Tensor, "B *shape"],
    mix: Float[Tensor, " B"] | None = None,
    *,
    one_sided: bool = True,
) -> Float[Tensor, ""]:
    r"""How far the critic's slope is from 1 between real and generated examples.

    E[(\|\nabla f(\hat x)\|_2 - 1)^2],   \hat x = \alpha x + (1 - \alpha) \tilde x      [Gulrajani, eq. 3]

    Args:
        critic: The function f, one score an example.
        real: Examples x of the data.
        generated: Examples of the generator, as many.
        mix: Where between the two the slope is taken, \alpha in [0, 1]; drawn uniformly when left out.
        one_sided: Leave slopes below 1 unpunished; False for the penalty of the paper.

    Returns:
        The mean penalty, 0 or more, differentiable in the critic's parameters.

    Example:
        >>> slope = torch.tensor([3.0, 4.0])  # a linear critic, as steep as 5 everywhere
        >>> x = torch.zeros(2, 2)
        >>> gradient_penalty(lambda x: x @ slope, x, x + 1).item()
        16.0
    """
    if mix is None:
        mix = torch.rand(len(real), device=real.device)
    m = mix.reshape(-1, *[1] * (real.ndim - 1))
    between = (m * real + (1 - m) * generated).detach().requires_grad_()
    (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
    # The epsilon keeps the root's own gradient finite where the critic is flat.
    excess = (slope.flatten(1).square().sum(1) + 1e-12).sqrt() - 1
    return (excess.relu() if one_sided else excess).square().mean()


def clip_weights(optimizer: torch.optim.Optimizer, bound: float | int = 0.01) -> None:
    """Keep an optimizer's parameters in [-bound, bound]: now, and after each of its steps.

    The original Wasserstein GAN bounds its critic's slope in this way [Arjovsky et al., algorithm 1].

    Args:
        optimizer: The critic's.
        bound: Largest absolute value of a parameter.

    Example:
        >>> weight = torch.nn.Parameter(torch.tensor([0.005, -3.0]))
        >>> clip_weights(torch.optim.RMSprop([weight], lr=5e-5))
        >>> weight.data
        tensor([ 0.0050, -0.0100])
    """

    @torch.no_grad()
    def clip(*_: Any) -> None:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                parameter.clamp_(-bound, bound)

    clip()
    optimizer.register_step_post_hook(clip)


# ---------------------------------------------------------------------------- the three forms


def generate(
    generator: Callable[..., Tensor],
    latents: Callable[[int], Tensor],
    batch: Batch,
    given: Any | None,
    label: str | None,
) -> Float[Tensor, "B *shape"]:
    """As many clips as a batch has, conditioned on `given`, or on its label, or on neither."""
    z = latents(len(batch["audio"])).to(batch["audio"].device)
    if given is not None:
        return generator(z, given)
    return generator(z, batch[label]) if label else generator(z)


def score(
    critic: Callable[..., Any],
    audio: Float[Tensor, "B *shape"],
    batch: Batch,
    given: Any | None,
    label: str | None,
) -> tuple[Float[Tensor, " B"], Float[Tensor, ""] | None]:
    """Scores of real or generated audio, and the auxiliary classifier's cross-entropy if there is one."""
    if label:
        scores, logits = critic(audio)
        return scores, F.cross_entropy(logits, batch[label])
    return (critic(audio) if given is None else critic(audio, given)), None
