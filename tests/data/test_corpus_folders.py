"""Corpora as they unpack, tiny trees of them, become folders that every recipe reads."""

import json
import os

import pytest
import torch

from tests.command import run
from tests.data.test_nsynth_folder import write
from tinyaudio.audio import save
from tinyaudio.data.clips import Clips
from tinyaudio.data.corpora import CORPORA
from tinyaudio.data.corpus_folders import LAYOUTS, CorpusFile, arrange, corpus_files
from tinyaudio.data.notes import Notes
from tinyaudio.data.nsynth_folder import NSynthFolder
from tinyaudio.data.speaker_crops import SpeakerCrops, speaker_folders
from tinyaudio.errors import DataError

RATE = 16_000


def sound(path, seed=0):
    """Half a second of noise."""
    generator = torch.Generator().manual_seed(seed)
    save(path, torch.rand(1, RATE // 2, generator=generator) - 0.5, RATE)


def text(path, *lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", "utf-8")


def vctk(folder):
    text(
        folder / "speaker-info.txt", "ID  AGE  GENDER  ACCENTS", "p225  23  F  English", "p280 20 F"
    )
    for name in ("p225_001_mic1", "p225_001_mic2", "p225_002_mic1", "p280_001_mic1"):
        sound(folder / "wav48_silence_trimmed" / name[:4] / f"{name}.flac")
    text(folder / "wav48_silence_trimmed" / "log.txt", "log")


def ljspeech(folder):
    text(folder / "metadata.csv", "LJ001-0001|Printing|Printing", "LJ001-0002|in|in")
    for name in ("LJ001-0001", "LJ001-0002"):
        sound(folder / "wavs" / f"{name}.wav")


def kss(folder):
    text(folder / "transcript.v.1.4.txt", "1/1_0000.wav|그는|그는|그는|1.2|He", "2/2_0000.wav|나는")
    sound(folder / "1" / "1_0000.wav")
    sound(folder / "2" / "2_0000.wav")


def speech_commands(folder):
    text(folder / "validation_list.txt", "yes/0a_nohash_0.wav")
    text(folder / "testing_list.txt", "no/0b_nohash_0.wav")
    for name in ("yes/0a_nohash_0", "yes/0c_nohash_0", "no/0b_nohash_0", "_background_noise_/pink"):
        sound(folder / f"{name}.wav")


def cmu_arctic(folder):
    for speaker in ("bdl", "slt"):
        place = folder / f"cmu_us_{speaker}_arctic"
        lines = [f'( arctic_a000{i} "Author of the danger trail" )' for i in (1, 2)]
        text(place / "etc" / "txt.done.data", *lines)
        for i in (1, 2):
            sound(place / "wav" / f"arctic_a000{i}.wav")


def zeroth(folder):
    header, train, test = "SPEAKERID|NAME|SEX|SCRIPTID|DATASET", "train_data_01", "test_data_01"
    text(folder / "AUDIO_INFO", header, f"106|A|f|003|{train}", f"104|B|m|003|{test}")
    for speaker, part in (("106", train), ("104", test)):
        place = folder / part / "003" / speaker
        text(
            place / f"{speaker}_003.trans.txt",
            f"{speaker}_003_0001 우리는",
            f"{speaker}_003_0002 나",
        )
        for i in (1, 2):
            sound(place / f"{speaker}_003_000{i}.flac")


def vocalset(folder):
    for singer in ("female1", "male2"):
        for by in (f"data_by_singer/{singer}/scales/fast", "data_by_technique/fast"):
            sound(folder / by / f"{singer}_scales_fast_a.wav")


def nus_48e(folder):
    for subject in ("ADIZ", "JLEE"):
        for kind in ("sing", "read"):
            sound(folder / subject / kind / "01.wav")


def nsynth(folder):
    for split in ("train", "valid"):
        write(folder / f"nsynth-{split}", Notes(4, seconds=0.1, split=split))


TREES = {
    "nsynth": nsynth,
    "vctk": vctk,
    "ljspeech": ljspeech,
    "speech-commands": speech_commands,
    "cmu-arctic": cmu_arctic,
    "zeroth": zeroth,
    "kss": kss,
    "vocalset": vocalset,
    "nus-48e": nus_48e,
}
FOUND = {
    "vctk": {"p225": ["p225_001_mic1.flac", "p225_002_mic1.flac"], "p280": ["p280_001_mic1.flac"]},
    "ljspeech": {"lj": ["LJ001-0001.wav", "LJ001-0002.wav"]},
    "speech-commands": {"yes": ["0a_nohash_0.wav", "0c_nohash_0.wav"], "no": ["0b_nohash_0.wav"]},
    "cmu-arctic": {one: ["arctic_a0001.wav", "arctic_a0002.wav"] for one in ("bdl", "slt")},
    "zeroth": {one: [f"{one}_003_0001.flac", f"{one}_003_0002.flac"] for one in ("104", "106")},
    "kss": {"kss": ["1_0000.wav", "2_0000.wav"]},
    "vocalset": {one: [f"scales_fast_{one}_scales_fast_a.wav"] for one in ("female1", "male2")},
    "nus-48e": {one: ["read_01.wav", "sing_01.wav"] for one in ("ADIZ", "JLEE")},
}
MANY = {"vctk", "speech-commands", "vocalset", "nus-48e"}  # of whose groups the trees have two


def groups(files):
    found = {}
    for one in files:
        found.setdefault(one.group, []).append(one.name)
    return found


def test_there_is_a_layout_and_a_tree_for_each_corpus():
    assert list(LAYOUTS) == list(TREES) == [corpus.name for corpus in CORPORA]


@pytest.mark.parametrize("name", FOUND)
def test_recordings_are_found_with_their_speakers(tmp_path, name):
    TREES[name](tmp_path)
    files = corpus_files(name, tmp_path, partial=name in MANY)
    assert groups(files) == FOUND[name]
    assert all(one.path.is_file() for one in files)


@pytest.mark.parametrize("name", sorted(MANY))
def test_a_corpus_with_too_few_speakers_is_half_a_corpus(tmp_path, name):
    TREES[name](tmp_path)
    with pytest.raises(DataError, match=f"2 of the {LAYOUTS[name].n_groups} .*with --partial"):
        corpus_files(name, tmp_path)


@pytest.mark.parametrize("name", ["ljspeech", "speech-commands", "cmu-arctic", "zeroth", "kss"])
def test_recordings_that_the_corpus_names_and_lacks_are_said(tmp_path, name):
    TREES[name](tmp_path)
    files = corpus_files(name, tmp_path, partial=True)
    listed = next(one for one in files if "0c_nohash" not in one.name)
    listed.path.unlink()
    with pytest.raises(
        DataError, match=rf"1 of {len(files)} recordings .* such as .*{listed.name}"
    ):
        corpus_files(name, tmp_path)
    assert len(corpus_files(name, tmp_path, partial=True)) == len(files) - 1


def test_a_speaker_without_a_folder_is_missing(tmp_path):
    vctk(tmp_path)
    for path in (tmp_path / "wav48_silence_trimmed" / "p280").iterdir():
        path.unlink()
    with pytest.raises(DataError, match=r"1 of 3 recordings .*p280"):
        corpus_files("vctk", tmp_path)
    zeroth(tmp_path / "zeroth")
    (tmp_path / "zeroth" / "test_data_01" / "003" / "104" / "104_003.trans.txt").unlink()
    with pytest.raises(DataError, match=r"1 of 3 recordings .*104"):
        corpus_files("zeroth", tmp_path / "zeroth")


@pytest.mark.parametrize("name", TREES)
def test_another_layout_is_said(tmp_path, name):
    (kss if name != "kss" else vctk)(tmp_path)
    with pytest.raises(DataError, match=f"not {name} as it unpacks: there is no .*name the folder"):
        corpus_files(name, tmp_path)


def test_lists_that_cannot_be_read_are_said(tmp_path):
    text(tmp_path / "AUDIO_INFO", "SPEAKERID", "104")
    with pytest.raises(DataError, match="not zeroth as it unpacks"):
        corpus_files("zeroth", tmp_path)
    text(tmp_path / "metadata.csv")
    with pytest.raises(DataError, match="0 of 0 recordings"):
        corpus_files("ljspeech", tmp_path, partial=True)


def test_the_folder_of_the_download_will_do(tmp_path):
    ljspeech(tmp_path / "LJSpeech-1.1")
    assert groups(corpus_files("ljspeech", tmp_path)) == FOUND["ljspeech"]


def test_an_arranged_corpus_is_what_recipes_take(tmp_path, capsys):
    cmu_arctic(tmp_path / "in")
    out = tmp_path / "out"
    for _ in range(2):  # once more changes nothing
        run("data", "arrange", "cmu-arctic", tmp_path / "in", out)
        assert "4 recordings in 2 folders" in capsys.readouterr().out
    first = out / "bdl" / "arctic_a0001.wav"
    assert os.path.samefile(first, tmp_path / "in/cmu_us_bdl_arctic/wav/arctic_a0001.wav")
    assert speaker_folders(out) == ("bdl", "slt")
    with pytest.warns(UserWarning, match="shorter than a crop"):
        crops = SpeakerCrops(out, ("bdl", "slt"), RATE, 1_024, "train", 0, n_sounds=1, framed=False)
    assert [crops[i]["speaker"].item() for i in range(3)] == [0, 1, 0]
    assert len(Clips(out, sample_rate=RATE, n_samples=1_000, split="all").files) == 4


@pytest.mark.parametrize("group", ["", "..", "../out", "/elsewhere", "a/b"])
def test_a_list_cannot_lead_out_of_the_folder(tmp_path, group):
    (tmp_path / "1.wav").write_bytes(b"sound")
    with pytest.raises(DataError, match="is no folder's name"):
        arrange([CorpusFile(tmp_path / "1.wav", group, "1.wav")], tmp_path / "out")
    assert [*tmp_path.iterdir()] == [tmp_path / "1.wav"]


def test_a_disk_without_links_gets_copies(tmp_path, monkeypatch):
    def no_links(source, target):
        raise OSError("not here")

    monkeypatch.setattr(os, "link", no_links)
    kss(tmp_path / "in")
    assert arrange(corpus_files("kss", tmp_path / "in"), tmp_path / "out") == 2
    copied = tmp_path / "out" / "kss" / "1_0000.wav"
    assert copied.read_bytes() == (tmp_path / "in" / "1" / "1_0000.wav").read_bytes()


def test_nsynth_comes_by_family_and_with_its_labels(tmp_path):
    nsynth(tmp_path)
    labels = {}
    for split in ("train", "valid"):
        labels |= json.loads((tmp_path / f"nsynth-{split}" / "examples.json").read_text())
    files = corpus_files("nsynth", tmp_path)
    assert {one.path.stem: one.group for one in files} == {
        name: label["instrument_family_str"] for name, label in labels.items()
    }
    item = NSynthFolder(tmp_path, RATE, 1_000, "train")[0]
    assert item["audio"].shape == (1, 1_000) and item["classes"].shape == (2,)
    files[0].path.unlink()
    with pytest.raises(DataError, match="1 of 8 recordings of nsynth are missing"):
        corpus_files("nsynth", tmp_path)
