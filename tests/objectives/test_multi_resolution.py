"""The distance of spectrograms at several resolutions: each term of a known difference, silence, gradients."""

import math

import pytest
import torch

from tinyaudio.objectives.multi_resolution import FLOOR, multi_resolution_distance
from tinyaudio.represent.resolution import SHORT_RESOLUTIONS, magnitude_at


@pytest.fixture(scope="module")
def clip():
    return 0.3 * torch.randn(2, 1, 4_096, generator=torch.manual_seed(0))


def test_a_factor_is_one_number_in_each_term(clip):
    """Of a factor of 3: convergence |1 - 3| = 2, and ln 3."""
    found = multi_resolution_distance(3 * clip, clip)
    assert found.item() == pytest.approx(2 + math.log(3), abs=1e-3)
    assert multi_resolution_distance(-clip, clip).item() == pytest.approx(0, abs=1e-5)


def test_it_is_the_mean_of_the_resolutions_terms(clip):
    other = clip.flip(2)
    one_by_one = [multi_resolution_distance(other, clip, [one]) for one in SHORT_RESOLUTIONS]
    found = multi_resolution_distance(other, clip, SHORT_RESOLUTIONS)
    torch.testing.assert_close(found, torch.stack(one_by_one).mean())
    s, made = (magnitude_at(x, SHORT_RESOLUTIONS[0]).clamp(min=FLOOR) for x in (clip, other))
    by_hand = ((s - made) ** 2).sum().sqrt() / (s**2).sum().sqrt() + (s / made).log().abs().mean()
    torch.testing.assert_close(one_by_one[0], by_hand)


def test_silence_has_a_finite_distance_and_gradient(clip):
    silence = torch.zeros_like(clip)
    assert multi_resolution_distance(silence, silence) == 0
    for made, wanted in ((clip, silence), (silence, clip)):
        made = made.clone().requires_grad_()
        loss = multi_resolution_distance(made, wanted, SHORT_RESOLUTIONS)
        loss.backward()
        assert loss.isfinite() and made.grad.isfinite().all()
