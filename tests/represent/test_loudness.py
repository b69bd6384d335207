"""Loudness: in closed form, in whole decibels, and as long as the sound."""

import math

import pytest
import torch

from tinyaudio.represent.loudness import FLOOR_DB, WINDOW, loudness, scaled

HOP = 256


def decibels(audio):
    return 40 * (loudness(audio, HOP) - 1)


@pytest.mark.parametrize("level", [0.0, -6.0, -20.0, -41.0, -79.0])
def test_a_sine_has_the_level_of_its_root_mean_square(level):
    sine = math.sqrt(2) * 10 ** (level / 20) * torch.sin(torch.arange(8_192) * 0.3)[None]
    inside = decibels(sine)[0, 0, 2:-2]  # whose window lies in the sound
    torch.testing.assert_close(inside, torch.full_like(inside, level), atol=1e-3, rtol=0)


def test_silence_and_what_is_fainter_is_the_floor():
    for audio in (torch.zeros(1, 1_000), torch.full((1, 1_000), 1e-6)):
        assert (decibels(audio) - FLOOR_DB).abs().max() < 1e-3


def test_it_is_in_whole_decibels_from_the_floor_to_full_scale():
    noise = torch.randn(2, 5_000, generator=torch.manual_seed(0)).clamp(-1, 1)
    levels = decibels(noise * torch.linspace(0, 1, 5_000))
    torch.testing.assert_close(levels, levels.round(), atol=1e-4, rtol=0)
    assert levels.min() >= FLOOR_DB and levels.max() <= 0
    assert scaled(torch.tensor(-0.4)) == 1


@pytest.mark.parametrize("n_samples", [1, 255, 256, 257, 4_000])
def test_there_is_a_frame_for_every_hop_that_has_begun(n_samples):
    assert loudness(torch.zeros(3, n_samples), HOP).shape == (3, 1, -(-n_samples // HOP))


def test_a_frame_is_centred_on_its_sample():
    click = torch.zeros(1, 8_192)
    click[0, 10 * HOP] = 1
    levels = decibels(click)[0, 0]
    assert levels.argmax() == 10
    assert torch.equal(levels[8:11], levels[10:13].flip(0))
    reached = WINDOW // 2 // HOP  # and no further than half a window
    assert (levels[: 10 - reached] == FLOOR_DB).all() and (levels[11 + reached :] == FLOOR_DB).all()
