"""Upsampling crops: two rates of one sound, without edges, of speakers that the other splits lack."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.audio.decimation import DECIMATORS, decimator
from tinyaudio.audio.interpolation import upsample_sinc
from tinyaudio.data.upsampling_crops import MARGIN, N_HELD_OUT, UpsamplingCrops
from tinyaudio.errors import AudioError, DataError

FILTERS = ("sinc", "stft", "chebyshev", "butterworth")


def crops(split="valid", ratio=3, **changes):
    sizes = {"n_samples": 4_800, "seed": 0, "n_sounds": 3} | changes
    return UpsamplingCrops(None, ratio, split=split, **sizes)


@pytest.mark.parametrize("ratio", [2, 3])
@pytest.mark.parametrize("name", [n for n in FILTERS if n != "stft"])
def test_the_low_rate_is_that_of_the_whole_sound(ratio, name):
    """A crop whose filter saw silence around it would differ near its ends."""
    data = crops(ratio=ratio, filters=[name], noise_floor_dbfs=None)
    for i in range(3):
        item, sound = data[i], data.sound(i)
        windows = sound[0].unfold(0, 16, 1)
        (start,) = (windows == item["audio"][:, :16]).all(dim=1).nonzero()[0].tolist()
        whole = decimator(name)(sound[:, start % ratio :], ratio)
        low = whole[:, start // ratio :][:, : item["low"].shape[1]]
        torch.testing.assert_close(item["low"], low, atol=2e-5, rtol=0)


def test_both_rates_begin_at_one_time():
    """Where there is nothing above the new Nyquist frequency, a sinc finds the sound again."""
    item = crops(noise_floor_dbfs=None)[0]
    twice = {"audio": upsample_sinc(item["audio"], 3), "low": item["audio"]}
    again = upsample_sinc(decimator("sinc")(twice["audio"], 3), 3)
    middle = slice(3_000, -3_000)
    error = (again - twice["audio"])[:, middle].norm() / twice["audio"][:, middle].norm()
    assert error < 0.05


def test_speakers_of_the_splits_differ():
    speakers = [
        {data.sounds[i]["speaker"] for i in range(12)}
        for data in (crops(split, n_sounds=12) for split in ("train", "valid", "test"))
    ]
    assert not (speakers[0] & speakers[1] or speakers[0] & speakers[2] or speakers[1] & speakers[2])


def test_training_crops_vary_in_filter_and_gain():
    data = crops("train", noise_floor_dbfs=None)
    numbers, names, peaks = range(0, 60, 3), [], []  # all of one sound
    lows = {}
    for name in FILTERS:
        data.filters = [name]
        lows[name] = [data[i]["low"] for i in numbers]
    data.filters = FILTERS
    for j, i in enumerate(numbers):
        item = data[i]
        names += [name for name in FILTERS if torch.equal(lows[name][j], item["low"])]
        peaks.append(float(item["audio"].abs().max()))
    assert len(names) == len(numbers) and set(names) == {*FILTERS}
    assert max(peaks) <= 0.8


def test_filters_of_held_out_crops_come_in_turn():
    data = crops(filters=["sinc", "butterworth"])
    first, second = data[0]["low"], data[1]["low"]
    data.filters = ["sinc"]
    assert torch.equal(first, data[0]["low"]) and not torch.equal(second, data[1]["low"])
    data.filters = ["butterworth"]
    assert torch.equal(second, data[1]["low"])


def test_the_noise_floor_has_its_level():
    quiet, noisy = crops(noise_floor_dbfs=None), crops(noise_floor_dbfs=-40)
    noise = torch.cat([noisy[i]["audio"] - quiet[i]["audio"] for i in range(8)])
    assert 20 * noise.square().mean().sqrt().log10() == pytest.approx(-40, abs=0.1)


def test_an_item_is_a_function_of_its_number():
    one, other = crops("train"), crops("train")
    other[5]
    assert all(torch.equal(one[2][name], other[2][name]) for name in ("audio", "low"))
    assert not torch.equal(crops("train", seed=1)[2]["low"], one[2]["low"])


def test_a_folder_is_cropped_with_its_surroundings(tmp_path):
    """Two files of a tone, which a filter that saw silence around a crop would change at its ends."""
    t = torch.arange(60_000) / 48_000
    for hz in (1_000, 2_000):
        save(tmp_path / f"{hz}.wav", 0.5 * torch.sin(2 * torch.pi * hz * t)[None], 48_000)
    data = UpsamplingCrops(tmp_path, 2, 4_800, "all", 0, noise_floor_dbfs=None)
    assert len(data) == 2 * (60_000 // (4_800 + 2 * MARGIN))
    item = data[0]
    torch.testing.assert_close(item["low"], item["audio"][:, ::2], atol=5e-4, rtol=0)


@pytest.mark.parametrize(
    "changes",
    [
        {"split": "no"},
        {"ratio": 5},
        {"ratio": 1},
        {"n_samples": 100},
        {"filters": []},
        {"n_sounds": 0},
    ],
)
def test_what_cannot_be_is_refused(changes):
    with pytest.raises(DataError):
        crops(**changes)


def test_an_unknown_filter_is_refused():
    with pytest.raises(AudioError, match="sinc, stft"):
        crops(filters=["sink"])
    assert len(DECIMATORS) == 5


def test_its_length():
    assert len(crops()) == N_HELD_OUT and len(crops("train")) == 100_000
    with pytest.raises(IndexError):
        crops()[N_HELD_OUT]
