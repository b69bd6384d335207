"""Chapter 11's checkers: right answers pass however they are written, and gradients are looked at.

That wrong ones are named is proved for every exercise at once, in test_every_exercise.py.
"""

import math
from collections import Counter

import torch
from torch.nn import functional as F

from tinyaudio.exercises.music_translation import (
    check_chance,
    check_confusion,
    check_translation_loss,
    check_two_losses,
)
from tinyaudio.objectives.confusion import classifier_loss, confusion_loss


def test_chance_passes_however_it_is_written():
    def by_counting(counts):
        drawn = [j for j, n in enumerate(counts.tolist()) for _ in range(n)]
        shares = [n / len(drawn) for n in Counter(drawn).values()]
        return max(shares), -sum(p * math.log(p) for p in shares)

    assert check_chance(by_counting)
    assert check_chance(
        lambda counts: (
            counts.max() / counts.sum(),
            torch.distributions.Categorical(probs=counts.double()).entropy(),
        )
    )


def test_the_package_s_term_is_the_one_that_is_asked_for():
    assert check_confusion(confusion_loss)

    def by_branches(logits, domain, weight):
        ce = F.cross_entropy(logits, domain)
        if ce < math.log(logits.shape[1]):
            return -weight * ce
        return torch.tensor(-weight * math.log(logits.shape[1]))

    assert check_confusion(by_branches)
    assert check_confusion(
        lambda logits, domain, weight: (
            -weight
            * torch.minimum(
                -logits.log_softmax(1)[range(len(domain)), domain].mean(),
                torch.tensor(math.log(logits.shape[1])),
            )
        )
    )


def test_a_gradient_that_no_planted_mistake_has_is_wrong_all_the_same():
    def doubled(logits, domain, weight):
        right = confusion_loss(logits, domain, weight)
        return 2 * right - right.detach()

    result = check_confusion(doubled)
    assert not result and "gradients are not" in result.message


def test_losses_pass_with_parameters_that_are_switched_off_for_a_while():
    def by_gradient(x, E, C, domain, weight):
        z = x @ E
        of_encoder = confusion_loss(z @ C.clone().detach(), domain, weight)
        with torch.no_grad():
            seen = x @ E
        return torch.stack([of_encoder, classifier_loss(seen @ C, domain)])

    assert check_two_losses(by_gradient)


def test_the_whole_loss_passes_domain_by_domain():
    def by_domain(x, domain, augment, encode, decoders, classify, weight):
        z, error = encode(augment(x)), 0
        for j, decode in enumerate(decoders):
            mine = domain == j
            error = error + (decode(z[mine]) - x[mine]).abs().sum() / x.numel()
        return error - weight * min(F.cross_entropy(classify(z), domain), math.log(len(decoders)))

    assert check_translation_loss(by_domain)
