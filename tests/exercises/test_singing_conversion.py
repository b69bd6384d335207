"""Chapter 12's checkers: right answers pass however they are written, and gradients are looked at."""

import math

import torch
from torch.nn import functional as F

from tinyaudio.data.augmentation import augment
from tinyaudio.exercises.back_translation import BACK_TRANSLATION
from tinyaudio.exercises.singer_confusion import PHASE_ONE
from tinyaudio.exercises.singing_conversion import (
    check_back_translation,
    check_mixed_voice,
    check_phase_one,
    check_undo,
)
from tinyaudio.exercises.singing_network import SingingNetwork, gradients_of
from tinyaudio.objectives.backtranslation import Mixtures, backtranslation_loss, mix
from tinyaudio.objectives.confusion import confusion_loss


def difference(net, encoded, of, singers):
    return (net.decode(net.encode(encoded), net.singers[singers]) - of).abs().mean()


def test_undo_passes_however_it_is_written():
    def by_counting(x, i, j):
        backwards = (i % 2 + j % 2) % 2
        flips = i // 2 + j // 2
        return (-1) ** flips * (x.flip(-1) if backwards else x)

    assert check_undo(by_counting)
    assert check_undo(lambda x, i, j: augment(augment(x, i), j))  # the group is commutative
    assert check_undo(lambda x, i, j: augment(augment(x, j), i))


def test_the_package_s_mixture_is_the_one_that_is_asked_for():
    def by_package(singers, first, second, alpha):
        return mix(singers, Mixtures(alpha, first, second, [0] * len(first)))

    def one_by_one(singers, first, second, alpha):
        return torch.stack(
            [
                a * singers[i] + (1 - a) * singers[j]
                for i, j, a in zip(first, second, alpha, strict=True)
            ]
        )

    assert check_mixed_voice(by_package) and check_mixed_voice(one_by_one)
    assert check_mixed_voice(lambda v, i, j, a: v[j] + a.unsqueeze(1) * (v[i] - v[j]))


def test_the_package_s_confusion_is_the_second_term():
    def by_package(net, classifier, s, j, weight):
        return difference(net, s, s, j) + confusion_loss(classifier(net.encode(s)), j, weight)

    assert check_phase_one(by_package)


def test_a_case_of_phase_1_is_below_chance_and_one_beyond_it_with_clips_on_both_sides():
    below, beyond = PHASE_ONE.cases(torch.Generator())
    each = [
        F.cross_entropy(classifier(net.encode(s)), j, reduction="none")
        for net, classifier, s, j, _ in (below, beyond)
    ]
    assert each[0].mean() < math.log(3) - 0.05 and each[1].mean() > math.log(3) + 0.05
    assert each[1].min() < math.log(3) - 0.05


def test_the_package_s_back_translation_is_the_one_that_is_asked_for():
    def by_package(net, s, j, u):
        def generate(batch, voice, seeds):
            return batch | {"s": net.decode(net.encode(batch["s"]), voice)}

        def reconstruction(source, of):
            return difference(net, source["s"], of["s"], of["j"])

        # A table of voices that the mixture takes whole.
        whole = Mixtures(torch.ones(len(s)), torch.arange(len(s)), torch.arange(len(s)), [])
        return backtranslation_loss(generate, reconstruction, u, {"s": s, "j": j}, whole)

    assert check_back_translation(by_package)


def test_back_translation_passes_with_no_grad_or_detach():
    def with_no_grad(net, s, j, u):
        with torch.no_grad():
            z = net.encode(s)
            generated = net.decode(z, u)
        return F.l1_loss(net.decode(net.encode(generated), net.singers[j]), s)

    assert check_back_translation(with_no_grad)


def test_the_gradient_reaches_every_weight_and_one_more_is_no_right_answer():
    case = BACK_TRANSLATION.cases(torch.Generator())[0]
    assert all(slope.abs().max() > 0 for slope in gradients_of(BACK_TRANSLATION.right, case))

    def doubled(net, s, j, u):
        loss = BACK_TRANSLATION.right(net, s, j, u)
        return loss + (loss - loss.detach())

    result = check_back_translation(doubled)
    assert not result and "gradients are not" in result.message


def test_a_loss_without_gradient_has_none_and_the_network_stays_as_it_is():
    net = SingingNetwork(0)
    before = net.encoder.clone()
    slopes = gradients_of(lambda net: net.encoder.sum().detach(), (net,))
    assert all(torch.equal(slope, torch.zeros_like(slope)) for slope in slopes)
    assert torch.equal(net.encoder, before) and net.encoder.grad is None
