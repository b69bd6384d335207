"""Crops with mel frames: those of the whole sound, at the crop's level, with harmonics in phase."""

import pytest
import torch

from tinyaudio.data.mel_crops import MARGIN, MelCrops, sounds_of
from tinyaudio.data.speech_crops import HELD_OUT_SPEECH
from tinyaudio.data.voices import Voices
from tinyaudio.errors import DataError
from tinyaudio.represent.logmel import log_mel

RATE = 16_000


def crops(split="train", material="speech", **changes):
    sizes = {"n_samples": 4_096, "seed": 0} | changes
    sounds = sounds_of(
        material, None, RATE, sizes["n_samples"], split, sizes["seed"], 0.5 * (material == "speech")
    )
    return MelCrops(sounds, RATE, split=split, n_sounds=3, harmonic=material == "speech", **sizes)


@pytest.mark.parametrize("split", ["train", "valid"])
def test_frames_are_those_of_the_whole_sound_at_the_crop_s_level(split):
    data = crops(split)
    levels = []
    for i in (1, 4, 7):
        item, sound = data[i], data.sound(i % 3)["audio"]
        n = item["audio"].shape[1]
        windows = sound[0].unfold(0, n, 256)
        likeness = (windows @ item["audio"][0]) / windows.norm(dim=1).clamp(min=1e-6)
        first = int(likeness.argmax())
        gain = item["audio"][0].norm() / windows[first].norm()
        torch.testing.assert_close(item["audio"][0], gain * windows[first])
        frames = log_mel(gain * sound[None], RATE)[0, :, first : first + n // 256 + 1]
        torch.testing.assert_close(item["frames"], frames, atol=1e-4, rtol=0)
        levels.append(20 * gain.log10().item())
    if split == "train":
        assert (
            len({round(level, 2) for level in levels}) == 3
            and -15 <= min(levels) < max(levels) <= 0
        )
    else:
        assert levels == pytest.approx([0, 0, 0], abs=1e-3)


def test_harmonics_are_in_phase_with_a_voice():
    data = MelCrops(Voices(4, split="valid"), RATE, 8_192, "valid", 0, 4, harmonic=True)
    likeness = [
        torch.corrcoef(torch.cat([data[i]["audio"], data[i]["harmonics"]]))[0, 1] for i in range(8)
    ]
    shifted = [
        torch.corrcoef(torch.cat([data[i]["audio"][:, 40:], data[i]["harmonics"][:, :-40]]))[0, 1]
        for i in range(8)
    ]
    assert sum(likeness) / 8 > 0.5 > sum(shifted) / 8 + 0.3


def test_an_item_is_a_function_of_its_number():
    one, other = crops(), crops()
    other[8]  # in another order
    for name, value in one[5].items():
        assert torch.equal(value, other[5][name])
    assert not torch.equal(one[5]["audio"], crops(seed=1)[5]["audio"])
    with pytest.raises(IndexError):
        one[len(one)]


def test_notes_have_no_harmonics_and_long_crops_longer_sounds():
    item = crops("valid", "notes", n_samples=40_960)[0]
    assert {name: tuple(value.shape) for name, value in item.items()} == {
        "audio": (1, 40_960 + 2 * MARGIN * 256),
        "frames": (80, 160 + 2 * MARGIN + 1),
    }


def test_held_out_recordings_are_not_trained_on():
    train = crops("train").sounds.recordings
    assert len(train.sentences) == 4 and len(HELD_OUT_SPEECH) == 2


def test_bad_requests():
    with pytest.raises(DataError, match="multiple of 256"):
        crops(n_samples=1_000)
    with pytest.raises(DataError, match="no material 'songs'; choose speech or notes"):
        sounds_of("songs", None, RATE, 4_096, "train", 0, 0.0)
    with pytest.raises(DataError, match="no sound"):
        MelCrops(Voices(0), RATE, 4_096, "train", 0, 3, harmonic=False)
