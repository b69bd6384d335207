"""The four versions of a recording are a group, and crops are drawn in them."""

import pytest
import torch
from torch.utils.data import Dataset

from tinyaudio.data.augmentation import N_VERSIONS, AugmentedCrops, augment
from tinyaudio.represent.logmel import log_mel

VERSIONS = range(N_VERSIONS)


class Crops(list, Dataset):
    """Given items."""


@pytest.fixture
def audio():
    return torch.randn(1, 1_001, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("i", VERSIONS)
@pytest.mark.parametrize("j", VERSIONS)
def test_two_after_each_other_are_again_one_of_the_four(audio, i, j):
    """The Klein four-group: closed, commutative, and each undoes itself; bitwise."""
    both = augment(augment(audio, j), i)
    (which,) = [k for k in VERSIONS if torch.equal(augment(audio, k), both)]
    assert which == i ^ j
    assert (which == 0) == (i == j)


def test_no_version_has_another_spectrum(audio):
    spectra = [torch.fft.rfft(augment(audio, i)).abs() for i in VERSIONS]
    assert all(torch.allclose(one, spectra[0], rtol=1e-4, atol=1e-4) for one in spectra)


@pytest.mark.parametrize("version", [-1, 4])
def test_there_is_no_fifth(audio, version):
    with pytest.raises(ValueError, match="from 0 to 3"):
        augment(audio, version)


def test_crops_come_in_all_versions_and_are_functions_of_their_number(audio):
    crops = Crops({"audio": audio, "speaker": torch.tensor(i)} for i in range(40))
    one, two = AugmentedCrops(crops, seed=0), AugmentedCrops(crops, seed=1)
    drawn = [
        [
            next(k for k in VERSIONS if torch.equal(augment(audio, k), made[i]["audio"]))
            for i in range(40)
        ]
        for made in (one, AugmentedCrops(crops, seed=0), two)
    ]
    assert set(drawn[0]) == set(VERSIONS) and drawn[0] == drawn[1] != drawn[2]
    assert [int(one[i]["speaker"]) for i in range(40)] == [*range(40)] and len(one) == 40
    assert torch.equal(crops[0]["audio"], audio)  # the crop itself is as it was


def test_frames_turn_around_with_the_waveform():
    """Frame n of the waveform backwards is frame N - n of the waveform, a sample aside; a sign is not seen."""
    t = torch.arange(16 * 256) / 16_000
    glide = torch.sin(2 * torch.pi * (200 + 500 * t) * t)[None] * (0.2 + 2 * t)
    frames, backwards, flipped = (
        log_mel(augment(glide, version)[None], 16_000)[0] for version in (0, 1, 2)
    )
    assert (frames[:, 4:12] - backwards[:, 5:13].flip(1)).abs().mean() < 0.02
    assert (frames[:, 4:12] - backwards[:, 4:12]).abs().mean() > 0.05
    assert torch.equal(frames, flipped)
    crops = AugmentedCrops(Crops([{"audio": glide, "frames": frames[:, :16]}] * 20), seed=0)
    for item in (crops[i] for i in range(20)):
        sounds_backwards = any(torch.equal(item["audio"], augment(glide, v)) for v in (1, 3))
        wanted = frames[:, :16].flip(1) if sounds_backwards else frames[:, :16]
        assert torch.equal(item["frames"], wanted)
