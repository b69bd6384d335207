"""Crops of domains: not parallel, a little out of tune on one side, and folders that are refused."""

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data.domain_crops import DomainCrops, domain_folders
from tinyaudio.errors import DataError
from tinyaudio.represent.logmel import log_mel

RATE = 16_000


def crops(
    domains=("flute", "organ"), split="train", folder=None, n_sounds=2, n_samples=8_192, **more
):
    return DomainCrops(folder, domains, RATE, n_samples, split, 0, n_sounds, **more)


def test_items_are_functions_of_their_number_and_only_training_is_out_of_tune():
    one, two = crops(), crops()
    for i in (5, 0, 3):
        first, second = one[i], two[i]
        assert set(first) == {"audio", "detuned_audio"}
        assert all(torch.equal(first[name], second[name]) for name in first)
    assert not torch.equal(one[0]["audio"], one[2]["audio"])
    assert set(crops(split="valid")[0]) == {"audio"}


def test_every_second_has_one_segment_out_of_tune():
    made = crops()
    clean, detuned = (one["audio"] for one in (made.sound(1, 0), made.detuned(1, 0, 0)))
    changed = (clean != detuned)[0].unflatten(0, (4, RATE))
    assert changed[1:].any(1).all()  # but where there is silence
    assert (changed.sum(1) <= RATE / 2).all()
    assert not torch.equal(detuned, made.detuned(1, 0, 1)["audio"])


def test_frames_are_those_of_the_whole_sound_and_fit_the_samples():
    made = crops(framed=True)
    item = made[2]
    assert item["frames"].shape == item["detuned_frames"].shape == (2, 80, 32)
    whole = made.sound(0, 0)
    n = whole["frames"].shape[1] - 32
    first = next(
        i for i in range(n) if torch.equal(whole["frames"][:, i : i + 32], item["frames"][0])
    )
    assert torch.equal(whole["audio"][:, 256 * first :][:, :8_192], item["audio"][0])
    assert torch.equal(whole["frames"], log_mel(whole["audio"][None], RATE)[0])
    with pytest.raises(DataError, match="multiple of 256"):
        crops(n_samples=8_000, framed=True)


def test_no_two_domains_play_the_same_and_held_out_melodies_are_others():
    scores = [
        tuple(one.dataset.score(number))
        for split in ("train", "valid")
        for one in crops(("flute", "organ", "brass"), split, n_sounds=3).sounds
        for number in one.indices
    ]
    assert len(set(scores)) == len(scores) == 18


def test_each_row_is_its_domain_s_instrument():
    made = crops(("organ", "guitar"), n_samples=64_000)
    item = made[1]["audio"]
    for row, one in zip(item, made.sounds, strict=True):
        (family, index), *others = one.dataset.instruments
        assert not others and index == 0
        assert torch.equal(row, one[1]["audio"])


def test_a_folder_of_domains(tmp_path):
    for name, hz in (("choir", 220), ("piano", 440)):
        for i in range(3):
            tone = torch.sin(2 * torch.pi * hz * torch.arange((4 + i) * 4_000) / RATE)[None] / 2
            save(tmp_path / name / f"{i}.wav", tone, RATE)
    (tmp_path / ".hidden").mkdir()
    names = domain_folders(tmp_path)
    assert names == ("choir", "piano")
    item = crops(names, folder=tmp_path)[4]
    audio = item["audio"][:, 0]
    crossings = (audio[:, 1:] * audio[:, :-1] < 0).sum(1)
    assert 1.9 < crossings[1] / crossings[0] < 2.1
    assert len(crops(names, folder=tmp_path, split="all")) == 1 + 2 + 2
    assert len(crops(names, folder=tmp_path, split="valid")) >= 1


def test_what_is_no_folder_of_domains_is_refused(tmp_path):
    (tmp_path / "only").mkdir()
    with pytest.raises(DataError, match="1 folders; translation needs two domains or more"):
        domain_folders(tmp_path)
    with pytest.raises(DataError, match="a folder a domain"):
        domain_folders(tmp_path / "missing")
    (tmp_path / "empty").mkdir()
    save(tmp_path / "only" / "a.wav", torch.rand(1, 40_000) / 2, RATE)
    with pytest.raises(DataError, match="empty"):
        crops(domain_folders(tmp_path), folder=tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "test"}, "no split"),
        ({"n_samples": 0}, "0 samples"),
        ({"domains": ("harp", "organ")}, "no family 'harp'"),
    ],
)
def test_bad_input_gets_one_line(options, message):
    with pytest.raises(DataError, match=message):
        crops(**options)


def test_numbers_out_of_range():
    with pytest.raises(IndexError):
        crops()[100_000]
