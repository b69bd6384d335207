"""Ways between two latents against their geometry, and one timbre at every pitch."""

import math

import pytest
import torch

from tinyaudio.errors import UserError
from tinyaudio.samplers.latent import (
    RENDERED_AT_ONCE,
    across_pitches,
    linear_interpolation,
    normal_latents,
    render_notes,
    spherical_interpolation,
    uniform_latents,
)

T = torch.linspace(0, 1, 9)
WAYS = (linear_interpolation, spherical_interpolation)


def angle(a, b):
    """In double precision, from the cosine, apart from how the interpolation computes it."""
    a, b = a.double(), b.double()
    return (a @ b / (a.norm() * b.norm())).clamp(-1, 1).acos().item()


@pytest.fixture
def pair():
    return normal_latents(256, [1, 2])


@pytest.mark.parametrize("way", WAYS)
def test_both_ways_begin_and_end_at_the_latents(way, pair):
    path = way(*pair, T)
    assert path.shape == (9, 256)
    torch.testing.assert_close(path[[0, -1]], pair)
    backwards = way(pair[1], pair[0], 1 - T)
    torch.testing.assert_close(backwards, path)


def test_the_spherical_way_keeps_the_norm_and_turns_at_one_speed(pair):
    a, b = pair / pair.norm(dim=1, keepdim=True) * 16
    path = spherical_interpolation(a, b, T)
    torch.testing.assert_close(path.norm(dim=1), torch.full((9,), 16.0))
    steps = [angle(*two) for two in zip(path, path[1:], strict=False)]
    assert steps == pytest.approx([angle(a, b) / 8] * 8, abs=1e-4)


def test_the_straight_way_is_shorter_in_the_middle(pair):
    """By the cosine of half the angle: by sqrt(2) for the nearly right angles of many dimensions."""
    a, b = pair / pair.norm(dim=1, keepdim=True)
    middle = linear_interpolation(a, b, torch.tensor([0.5])).norm().item()
    assert middle == pytest.approx(math.cos(angle(a, b) / 2), abs=1e-5)
    assert middle == pytest.approx(math.sqrt(0.5), abs=0.05)
    in_the_mean = (1 - T).square() + T.square()
    many = torch.stack([linear_interpolation(*normal_latents(256, [2 * i, 2 * i + 1]), T) for i in range(50)])  # fmt: skip
    torch.testing.assert_close(many.square().mean((0, 2)), in_the_mean, atol=0.05, rtol=0)


@pytest.mark.parametrize("distance", [0.0, 1e-7, 1e-4])
def test_equal_and_nearly_equal_latents_have_a_way(pair, distance):
    a, b = pair[0], pair[0] + distance * pair[1]
    path = spherical_interpolation(a, b, T)
    assert torch.isfinite(path).all()
    torch.testing.assert_close(path, linear_interpolation(a, b, T), atol=1e-5, rtol=0)


def test_latents_of_one_direction_or_of_no_length_have_a_straight_way(pair):
    a = pair[0]
    for b in (3 * a, torch.zeros_like(a)):
        torch.testing.assert_close(spherical_interpolation(a, b, T), linear_interpolation(a, b, T))


def test_opposite_latents_have_no_shortest_way(pair):
    for scale in (1, 3):
        with pytest.raises(UserError, match="opposite"):
            spherical_interpolation(pair[0], -scale * pair[0], T)
    nearly = -pair[0] + 0.05 * pair[1]
    assert torch.isfinite(spherical_interpolation(pair[0], nearly, T)).all()


def test_a_latent_is_a_function_of_its_seed():
    for draw in (normal_latents, uniform_latents):
        z = draw(1_000, [3, 4, 5])
        assert torch.equal(z[1:2], draw(1_000, [4])) and not torch.equal(z[0], z[1])
    assert normal_latents(20_000, [0]).std().item() == pytest.approx(1, abs=0.02)
    with pytest.raises(UserError, match="no seeds"):
        normal_latents(4, [])


def test_notes_are_rendered_a_few_at_a_time_and_in_order():
    sizes = []

    def generator(z, pitch):
        sizes.append(len(z))
        return z[:, None, None] + pitch[:, None, None, None]

    n = 2 * RENDERED_AT_ONCE + 3
    z, pitches = torch.randn(n, 4), [24 + i for i in range(n)]
    notes = render_notes(generator, lambda image: 2 * image[:, :, 0], z, pitches)
    torch.testing.assert_close(notes[:, 0], 2 * (z + torch.tensor(pitches)[:, None]))
    assert sizes == [RENDERED_AT_ONCE, RENDERED_AT_ONCE, 3] and not notes.requires_grad


def test_one_timbre_is_the_same_latent_at_every_pitch():
    z = torch.randn(4)
    got = across_pitches(lambda latents, pitches: latents[:, None] * torch.tensor(pitches)[:, None, None], z, [60, 64])  # fmt: skip
    torch.testing.assert_close(got[:, 0], torch.stack([60 * z, 64 * z]))
