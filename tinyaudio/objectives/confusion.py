r"""Domain confusion: an encoder unlearns what a classifier can tell domains apart by.

    \min_C  CE(C(E(x)), j)

    \min_{E, D}  \|D_j(E(x)) - x\| - \lambda \min(CE(C(E(x)), j), \ln k)

CE is the cross-entropy, in nats, of the domain j of a clip, one of k.  A classifier that can only guess has
CE = ln k.  The two losses belong to two learners, classifier C, and encoder E with decoders D, each
of which moves its own network alone: the encoder's passes through the classifier and leaves its parameters
where they are.

Paper:      Mor, Wolf, Polyak & Taigman, "A universal music translation network", 2018
            (arXiv:1805.07848), section 3; Ganin et al., "Domain-adversarial training of neural
            networks", 2016, for the idea.
Implements: `classifier_loss`, `confusion_loss`, `accuracy`; `learn_domains`, the classifier's of a batch.
Differs:    the papers' term has no bound.  An encoder that makes a classifier worse than guessing gives the
            domain away again, to one who reads the answers backwards, and can do so without end.
See:        `tinyaudio.models.domain_classifier`.
"""

import math
from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

Batch = dict[str, Tensor]
Loss = Callable[[Batch, int], tuple[Tensor, dict[str, Tensor]]]
WEIGHT = 1e-2  # lambda of Mor et al.


def classifier_loss(logits: Float[Tensor, "B k"], domain: Int[Tensor, " B"]) -> Float[Tensor, ""]:
    """The classifier's cross-entropy in nats, of latents without a gradient; ln k is chance.

    Args:
        logits: Of each domain.
        domain: Of each clip, in [0, k - 1].

    Example:
        >>> import torch
        >>> round(classifier_loss(torch.zeros(2, 4), torch.tensor([3, 0])).item(), 4)  # ln 4
        1.3863
    """
    return F.cross_entropy(logits, domain)


def confusion_loss(
    logits: Float[Tensor, "B k"], domain: Int[Tensor, " B"], weight: float | int = WEIGHT
) -> Float[Tensor, ""]:
    r"""What is added to the encoder's loss: -\lambda \min(CE, \ln k), from -\lambda \ln k to 0.

    Beyond chance its gradient is zero.

    Args:
        logits: Of each domain, by the classifier, of latents with a gradient.
        domain: Of each clip, in [0, k - 1].
        weight: \lambda.

    Example:
        >>> import torch
        >>> at_chance, wrong = torch.zeros(1, 2), torch.tensor([[9.0, 0.0]])
        >>> [round(confusion_loss(x, torch.tensor([1]), 1.0).item(), 4) for x in (at_chance, wrong)]
        [-0.6931, -0.6931]
    """
    chance = math.log(logits.shape[1])
    return -weight * F.cross_entropy(logits, domain).clamp(max=chance)


def accuracy(logits: Float[Tensor, "B k"], domain: Int[Tensor, " B"]) -> Float[Tensor, ""]:
    """Share of clips that are classified right; 1 / k is chance, if domains are equally frequent.

    Example:
        >>> import torch
        >>> accuracy(torch.tensor([[1.0, 0.0], [1.0, 0.0]]), torch.tensor([0, 1])).item()
        0.5
    """
    return (logits.argmax(1) == domain).float().mean()


def learn_domains(
    classifier: Callable[[Tensor], Tensor], encoded: Callable[[Batch], tuple[Tensor, Tensor]]
) -> Loss:
    """What a classifier of latents learns from: no gradient reaches the encoder.

    Args:
        classifier: Latents (B, D, N) to a logit of every domain (B, k).
        encoded: A batch to its clips' latents and domains (B,).

    Returns:
        A loss in nats; logs ``accuracy``.
    """

    def loss(batch: Batch, step: int) -> tuple[Tensor, dict[str, Tensor]]:
        with torch.no_grad():
            latents, domain = encoded(batch)
        logits = classifier(latents)
        return classifier_loss(logits, domain), {"accuracy": accuracy(logits, domain)}

    return loss
