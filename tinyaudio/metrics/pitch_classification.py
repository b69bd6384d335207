r"""The metrics of GANSynth that ask a pitch classifier what it hears in generated notes.

p(y | x) are the classifier's probabilities of the pitches y of a note x, p(y) is their mean over all notes, and
H an entropy in nats:

    IS = \exp(E_x KL(p(y | x) \| p(y))) = \exp(H(p(y)) - E_x H(p(y | x)))

    pitch accuracy   share of notes in which the pitch that was asked for is the likeliest
    pitch entropy    E_x H(p(y | x))

The inception score (IS) is the number of classes when each note is surely of one pitch and all pitches are
equally frequent, and 1 when the classifier says the same of every note.  What fools them:

    inception score  one note a pitch, copied, has the best score; so has a generator that confuses the pitches
    accuracy         likewise copies; no timbre is asked for
    entropy          notes that are surely of a wrong pitch

GANSynth's fourth metric of this kind, the Fréchet inception distance (FID), is `frechet_distance` of
`tinyaudio.metrics.generative` over the classifier's last hidden layer; two moments fool it.

Paper:      Salimans et al., "Improved techniques for training GANs", 2016 (arXiv:1606.03498), for the
            inception score; Engel et al., "GANSynth: Adversarial neural audio synthesis", 2019
            (arXiv:1902.08710), section 4.2, for a pitch classifier in Inception's place, accuracy and entropy.
Implements: `inception_score`, `pitch_accuracy`, `pitch_entropy`.
See:        `tinyaudio.models.pitch_classifier`; part 4, "Sound as a picture".
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tinyaudio.errors import UserError


def check_probabilities(probabilities: Float[Tensor, "N K"]) -> None:
    """Raise a `UserError` unless each row is a distribution.

    Example:
        >>> check_probabilities(torch.tensor([[0.25, 0.75]]))
    """
    if not len(probabilities):
        raise UserError("no notes to measure: the classifier was given none")
    sums = probabilities.sum(1)
    if (probabilities < 0).any() or not torch.allclose(sums, torch.ones_like(sums), atol=1e-3):
        raise UserError("these are not probabilities that add up to 1; take the softmax of logits")


def entropy(probabilities: Float[Tensor, "*batch K"]) -> Float[Tensor, "*batch"]:
    """In nats; 0 where one class is certain, ln K where all are equally likely.

    Example:
        >>> entropy(torch.tensor([[1.0, 0.0], [0.5, 0.5]]))
        tensor([0.0000, 0.6931])
    """
    return torch.special.entr(probabilities).sum(-1)


def inception_score(probabilities: Float[Tensor, "N K"]) -> Float[Tensor, ""]:
    """From 1, every note is heard alike, to K, each is surely of one pitch and all pitches are as frequent.

    Args:
        probabilities: Of each pitch, a row a note.

    Raises:
        UserError: There are none, or they are not probabilities.

    Example:
        >>> inception_score(torch.eye(24)).round(decimals=3)
        tensor(24.)
    """
    check_probabilities(probabilities)
    return (entropy(probabilities.mean(0)) - entropy(probabilities).mean()).exp()


def pitch_accuracy(
    probabilities: Float[Tensor, "N K"], classes: Int[Tensor, " N"]
) -> Float[Tensor, ""]:
    """Share of notes whose likeliest pitch is the one that was asked for.

    Args:
        probabilities: Of each pitch, a row a note.
        classes: What was asked for, as the classifier numbers it.

    Raises:
        UserError: There are none, or they are not probabilities.

    Example:
        >>> pitch_accuracy(torch.tensor([[0.9, 0.1], [0.6, 0.4]]), torch.tensor([0, 1]))
        tensor(0.5000)
    """
    check_probabilities(probabilities)
    return (probabilities.argmax(1) == classes).float().mean()


def pitch_entropy(probabilities: Float[Tensor, "N K"]) -> Float[Tensor, ""]:
    """Mean entropy of a note's pitches in nats: 0 if the classifier is certain of all; ln 61 = 4.11 at most.

    Args:
        probabilities: Of each pitch, a row a note.

    Raises:
        UserError: There are none, or they are not probabilities.

    Example:
        >>> pitch_entropy(torch.full((3, 61), 1 / 61)).round(decimals=2)
        tensor(4.1100)
    """
    check_probabilities(probabilities)
    return entropy(probabilities).mean()
