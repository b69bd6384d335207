"""Chapter 16's checkers: the package's own layers pass, and gradients are looked at."""

import torch
from torch.nn import functional as F

from tinyaudio.exercises.gansynth import check_deviation, check_grown, check_layer
from tinyaudio.models.growth import Growth, resolution_weights
from tinyaudio.models.progressive import (
    EqualizedConv2d,
    activated,
    append_minibatch_deviation,
    pixel_norm,
    upscale,
)


def test_the_package_s_layer_is_the_one_that_is_asked_for():
    def by_package(x, w, b):
        conv = EqualizedConv2d(w.shape[1], w.shape[0])
        conv.weight, conv.bias = torch.nn.Parameter(w), torch.nn.Parameter(b)
        return activated(conv, normalized=True)(x)

    assert check_layer(by_package)


def test_a_layer_may_scale_what_it_reads_instead_of_its_weights():
    def scaled_input(x, w, b):
        c = (2 / w[0].numel()) ** 0.5
        return pixel_norm(F.leaky_relu(F.conv2d(c * x, w, b, padding="same"), 0.2))

    assert check_layer(scaled_input)


def test_the_package_s_deviation_is_the_one_that_is_asked_for():
    assert check_deviation(append_minibatch_deviation)


def test_a_deviation_from_centred_activations_passes():
    def centred(x):
        spread = ((x - x.mean(0)).square().mean(0) + 1e-6).sqrt()
        channel = torch.ones_like(x[:, :1]) * spread.mean()
        return torch.cat((x, channel), dim=1)

    assert check_deviation(centred)


def test_a_deviation_without_a_gradient_is_wrong_and_so_is_another_gradient():
    def frozen(x):
        return append_minibatch_deviation(x.detach())

    def doubled(x):
        y = append_minibatch_deviation(x)
        return torch.cat([x, 2 * y[:, -1:] - y[:, -1:].detach()], dim=1)

    assert "no gradient" in check_deviation(frozen).message
    assert "another gradient" in check_deviation(doubled).message


def test_the_package_s_growth_is_the_one_that_is_asked_for():
    def by_package(images, examples, fade, stable):
        K = len(images)
        weights = resolution_weights(Growth(fade, stable).stage(examples, K).progress, K)
        large = (upscale(one[None], 2 ** (K - 1 - k))[0] for k, one in enumerate(images))
        return sum(w * one for w, one in zip(weights, large, strict=True))

    assert check_grown(by_package)


def test_growth_by_cases_passes_and_growth_past_the_end_does_not():
    def by_cases(images, examples, fade, stable):
        size = images[-1].shape[1:]
        large = [F.interpolate(one[None], size=size, mode="nearest")[0] for one in images]
        start = stable
        for coarse, fine in zip(large, large[1:], strict=False):
            if examples < start:
                return coarse
            if examples < start + fade:
                return coarse + (examples - start) / fade * (fine - coarse)
            start += fade + stable
        return large[-1]

    def endless(images, examples, fade, stable):
        if examples > 50_000:
            raise IndexError("no finer image")
        return by_cases(images, examples, fade, stable)

    assert check_grown(by_cases)
    assert "IndexError" in check_grown(endless).message
