"""A rainbowgram: brightness is the level, hue the instantaneous frequency, at the right time and frequency."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from tinyaudio.show.rainbowgram import rainbowgram

RATE = 16_000


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def tone(f_hz):
    return torch.sin(2 * torch.pi * f_hz * torch.arange(RATE) / RATE)[None]


def hues(ax, at_hz, part=slice(4, -4)):
    """Hue and brightness, from 0 to 1, of the row at a frequency."""
    from matplotlib.colors import rgb_to_hsv

    [image] = ax.images
    _, _, low_khz, high_khz = image.get_extent()
    pixels = image.get_array()
    row = int((at_hz / 1000 - low_khz) / (high_khz - low_khz) * len(pixels))
    hsv = rgb_to_hsv(np.asarray(pixels[row, part]))
    return hsv[:, 0], hsv[:, 2]


def test_a_steady_partial_has_one_hue_which_is_its_instantaneous_frequency():
    for f_hz in (440, 1_010):
        hue, brightness = hues(rainbowgram(tone(f_hz), RATE, plt.figure().gca()), f_hz)
        turn = (2 * f_hz * 256 / RATE + 1) % 2 - 1
        np.testing.assert_allclose(hue, (turn + 1) / 2, atol=2e-3)
        assert brightness.min() > 0.95
    noise = torch.randn(1, RATE, generator=torch.Generator().manual_seed(0))
    hue, _ = hues(rainbowgram(noise, RATE, plt.figure().gca()), 440)
    assert hue.max() - hue.min() > 0.8


def test_rainbowgram_is_black_below_its_floor_and_ends_where_it_is_told():
    both = tone(440) + 0.01 * tone(2_000)
    ax = rainbowgram(both, RATE, floor_db=-60.0, highest_hz=4_000)
    assert ax.get_ylim() == (0, 4)
    assert hues(ax, 2_000)[1].mean() == pytest.approx(1 / 3, abs=0.01)  # 20 of 60 dB
    quiet = rainbowgram(both, RATE, plt.figure().gca(), floor_db=-30.0)
    assert hues(quiet, 2_000)[1].max() == 0


def test_drawn_on_the_given_axes_or_on_the_current_ones():
    figure, (left, right) = plt.subplots(1, 2)
    assert rainbowgram(tone(440), RATE, left) is left and not right.has_data()
    plt.sca(right)
    assert rainbowgram(tone(440), RATE) is right and right.has_data()
    assert right.get_xlim() == pytest.approx((0, 1)) and right.get_ylim() == (0, 8)
