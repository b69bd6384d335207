"""What is drawn is what there is: the right time below, the right frequency beside."""

import numpy as np
import pytest
import torch
from matplotlib import pyplot as plt

from tinyaudio.show import spectrogram, waveform

RATE = 16_000


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def tone(f_hz, seconds=1.0, rate=RATE):
    return torch.sin(2 * torch.pi * f_hz * torch.arange(int(seconds * rate)) / rate)[None]


@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_waveform_is_the_samples_at_their_times(rate):
    clip = tone(100, 0.25, rate)
    ax = waveform(clip, rate)
    x, y = ax.lines[0].get_data()
    np.testing.assert_allclose(x, np.arange(rate // 4) / rate, atol=1e-6)
    np.testing.assert_array_equal(y, clip[0])
    assert ax.get_xlabel() == "time (s)" and ax.get_ylabel() == "amplitude"
    assert ax.get_xlim() == pytest.approx((0, 0.25 - 1 / rate))


@pytest.mark.parametrize("draw", [waveform, spectrogram])
def test_drawn_on_the_given_axes_or_on_the_current_ones(draw):
    figure, (left, right) = plt.subplots(1, 2)
    assert draw(tone(440), RATE, left) is left and not right.has_data()
    plt.sca(right)
    assert draw(tone(440), RATE) is right and right.has_data()


def test_waveform_mixes_channels_and_passes_the_line_style():
    clip = torch.stack([torch.ones(10), torch.zeros(10)])
    line = waveform(clip, RATE, color="red", linewidth=3, label="mean").lines[0]
    assert (line.get_color(), line.get_linewidth(), line.get_label()) == ("red", 3, "mean")
    assert np.all(line.get_ydata() == 0.5)


def test_waveform_without_a_channel_axis():
    assert len(waveform(torch.zeros(10), RATE).lines[0].get_ydata()) == 10


def brightest_hz(ax):
    """The frequency at which the picture is brightest: the centre of that row, as drawn."""
    [image] = ax.images
    rows = image.get_array().mean(axis=1)
    _, _, low_khz, high_khz = image.get_extent()
    return 1000 * (low_khz + (rows.argmax() + 0.5) * (high_khz - low_khz) / len(rows))


@pytest.mark.parametrize(("f_hz", "n_fft"), [(7000, 256), (1000, 1024), (250, 4096)])
def test_the_brightest_row_is_the_tones(f_hz, n_fft):
    ax = spectrogram(tone(f_hz), RATE, n_fft=n_fft, hop_length=n_fft // 4)
    bin_hz = RATE / n_fft
    # Every tone here lies on a bin: row k stands for k bins, and must be drawn there.
    assert brightest_hz(ax) == pytest.approx(f_hz, abs=0.01 * bin_hz)
    assert ax.get_ylabel() == "frequency (kHz)"


def test_the_axes_end_where_the_sound_does():
    ax = spectrogram(tone(1000, 0.5), RATE)
    assert ax.get_xlim() == pytest.approx((0, 0.5)) and ax.get_ylim() == pytest.approx((0, 8))


def test_a_click_is_drawn_when_it_happens():
    clip = torch.zeros(1, RATE)
    clip[0, 10_240] = 1.0  # 0.64 s, the centre of column 40
    [image] = spectrogram(clip, RATE).images
    columns = image.get_array().mean(axis=0)
    left, right, _, _ = image.get_extent()
    drawn_s = left + (columns.argmax() + 0.5) * (right - left) / len(columns)
    assert drawn_s == pytest.approx(0.64, abs=1e-6)


def test_the_loudest_point_is_zero_db_whatever_the_level():
    pictures = [spectrogram(a * tone(1000), RATE).images[-1].get_array() for a in (1.0, 0.1)]
    assert pictures[0].max() == 0
    loud = pictures[0] > -60
    np.testing.assert_allclose(pictures[0][loud], pictures[1][loud], atol=0.01)


def test_silence_can_be_drawn():
    [image] = spectrogram(torch.zeros(1, 4000), RATE, floor_db=-60.0).images
    assert np.isfinite(image.get_array()).all() and image.get_clim() == (-60, 0)


def test_what_is_being_trained_can_be_drawn():
    clip = tone(440).requires_grad_()
    assert waveform(clip, RATE).has_data() and spectrogram(clip, RATE).has_data()
