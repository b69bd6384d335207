"""What is saved loads again, as exactly as the format allows; a failed save changes nothing."""

import os
import signal

import numpy as np
import pytest
import soundfile
import torch

from tests.command import in_child
from tinyaudio.audio import load, rms_db, save
from tinyaudio.audio.writing import FORMATS, _presentable
from tinyaudio.errors import AudioError

RATE = 16_000


@pytest.fixture(scope="module")
def sound():
    """A second of two tones in a little noise, in stereo; no two samples alike."""
    g = torch.Generator().manual_seed(0)
    t = torch.arange(RATE) / RATE
    tones = [0.4 * torch.sin(2 * torch.pi * f * t) for f in (330, 1250)]
    return torch.stack(tones) + 0.001 * torch.randn(2, RATE, generator=g)


def files(folder):
    """What lies in a folder, and what is in it."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# ---------------------------------------------------------------------------- round trips


@pytest.mark.parametrize(
    ("name", "subtype", "bits"),
    [
        *[("a.wav", s, b) for s, b in (("PCM_U8", 8), (None, 16), ("PCM_24", 24), ("PCM_32", 32))],
        *[("a.flac", s, b) for s, b in (("PCM_S8", 8), (None, 16), ("PCM_24", 24))],
    ],
)
def test_integers_round_to_half_a_step(tmp_path, sound, name, subtype, bits):
    save(tmp_path / name, sound, RATE, subtype=subtype)
    once, rate = load(tmp_path / name)
    assert rate == RATE and once.shape == sound.shape
    # Half a step of 2^(1 - bits); float32 itself is no finer than 2^-25 below 1/2.
    assert (once - sound).abs().max() <= max(2.0**-bits, 2.0**-25)
    save(tmp_path / name, once, RATE, subtype=subtype)
    assert torch.equal(load(tmp_path / name)[0], once)


def test_floats_stay_as_they_are(tmp_path, sound):
    save(tmp_path / "a.wav", sound, RATE, subtype="FLOAT")
    assert torch.equal(load(tmp_path / "a.wav")[0], sound)
    fine = sound.double() + 1e-12
    save(tmp_path / "b.wav", fine, RATE, subtype="DOUBLE")
    assert np.array_equal(soundfile.read(tmp_path / "b.wav")[0], fine.T.numpy())
    assert torch.equal(load(tmp_path / "b.wav")[0], fine.float())


def test_full_scale_is_reached_and_not_passed(tmp_path):
    for name in ("a.wav", "a.flac"):
        save(tmp_path / name, torch.tensor([[-1.0, 1.0, 0.0]]), RATE)
        assert load(tmp_path / name)[0].tolist() == [[-1.0, 1 - 2.0**-15, 0.0]]


@pytest.mark.parametrize(
    ("name", "subtype", "snr_db"), [("a.ogg", None, 15), ("a.ogg", "OPUS", 15), ("a.mp3", None, 15)]
)
def test_lossy_formats_keep_the_sound_in_its_place(tmp_path, sound, name, subtype, snr_db):
    """Not a sample's delay: at 1250 Hz, one sample off would already leave 7 dB."""
    save(tmp_path / name, sound, RATE, subtype=subtype)
    clip, rate = load(tmp_path / name)
    assert rate == RATE and abs(clip.shape[1] - RATE) <= 1152  # an MP3 frame
    clip = clip[:, :RATE]
    inner = slice(1_000, clip.shape[1] - 1_000)
    noise = (clip - sound[:, : clip.shape[1]])[:, inner]
    assert (rms_db(sound[:, inner]) - rms_db(noise) > snr_db).all()


def test_long_ogg_files_are_written(tmp_path):
    """libvorbis overflows its stack on one write of minutes."""
    save(tmp_path / "a.ogg", torch.zeros(1, 100 * RATE), RATE)
    assert load(tmp_path / "a.ogg")[0].shape == (1, 100 * RATE)


def test_other_programs_see_the_format_that_was_asked_for(tmp_path, sound):
    for name, subtype in (("a.wav", "PCM_24"), ("a.flac", "PCM_16"), ("a.ogg", "OPUS")):
        save(tmp_path / name, sound, RATE, subtype=subtype)
        info = soundfile.info(tmp_path / name)
        assert (info.subtype, info.samplerate, info.channels) == (subtype, RATE, 2)


def test_the_same_sound_gives_the_same_bytes(tmp_path, sound):
    for name in ("a.wav", "a.flac"):
        save(tmp_path / name, sound, RATE)
        first = (tmp_path / name).read_bytes()
        save(tmp_path / name, sound, RATE)
        assert (tmp_path / name).read_bytes() == first


def test_what_needs_a_gradient_or_strides_is_saved_too(tmp_path, sound):
    odd = sound.T.contiguous().T.requires_grad_()
    save(tmp_path / "a.wav", odd, RATE, subtype="FLOAT")
    assert torch.equal(load(tmp_path / "a.wav")[0], sound)


def test_missing_folders_are_made_and_permissions_are_ordinary(tmp_path, sound):
    save(tmp_path / "a" / "b" / "c.wav", sound, RATE)
    (tmp_path / "plain").touch()
    assert (tmp_path / "a" / "b" / "c.wav").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_what_lies_beyond_full_scale_is_clipped_with_a_warning(tmp_path, sound):
    with pytest.warns(
        UserWarning, match=r"a\.wav: \d+ samples beyond ±1 \(peak [12]\.\d+\) were clipped"
    ):
        save(tmp_path / "a.wav", 4 * sound, RATE, subtype="FLOAT")
    assert torch.equal(load(tmp_path / "a.wav")[0], (4 * sound).clamp(-1, 1))


# ---------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (torch.zeros(100), "audio[None]"),
        (torch.zeros(1, 2, 100), "(channels, time)"),
        (torch.zeros(1, 0), "no samples"),
        (torch.zeros(0, 100), "no samples"),
        (torch.tensor([[0.0, float("nan")]]), "1 of its 2 samples are NaN"),
        (torch.tensor([[float("inf"), 0.0]]), "NaN or infinite"),
    ],
)
def test_what_is_no_clip_is_refused(tmp_path, audio, words):
    with pytest.raises(AudioError) as error:
        save(tmp_path / "a.wav", audio, RATE)
    assert (
        words in str(error.value) and "a.wav" in str(error.value) and "\n" not in str(error.value)
    )
    assert files(tmp_path) == {}


def test_integers_are_refused_with_the_type_they_have(tmp_path):
    # Under pytest, jaxtyping refuses them at `save` itself; users meet this.
    with pytest.raises(AudioError, match=r"int16 numbers, .* divide by full scale: audio / 32768"):
        _presentable(torch.zeros(1, 100, dtype=torch.int16), tmp_path / "a.wav")


@pytest.mark.parametrize(
    ("name", "rate", "subtype", "words"),
    [
        ("a.wav", 0, None, "sample rate 0 Hz"),
        ("a.wav", -1, None, "sample rate -1 Hz"),
        ("a.txt", RATE, None, "unknown suffix '.txt'"),
        ("a", RATE, None, "use one of .wav, .flac"),
        ("a.mp3", 1_000, None, "MP3 cannot hold"),
        ("a.flac", RATE, "VORBIS", "FLAC cannot hold"),
        ("a.wav", RATE, "NONSENSE", "WAV cannot hold"),
    ],
)
def test_what_a_format_cannot_hold_is_refused(tmp_path, sound, name, rate, subtype, words):
    with pytest.raises(AudioError) as error:
        save(tmp_path / name, sound, rate, subtype=subtype)
    assert words in str(error.value) and name in str(error.value) and "\n" not in str(error.value)
    assert files(tmp_path) == {}


def test_an_unwritable_place_is_named(tmp_path, sound):
    (tmp_path / "file").write_text("in the way")
    (tmp_path / "folder.wav").mkdir()
    for path in (tmp_path / "file" / "a.wav", tmp_path / "folder.wav"):
        with pytest.raises(AudioError, match="cannot be written") as error:
            save(path, sound, RATE)
        assert str(path) in str(error.value) and "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.wav"]


def errors_on_a_full_disk(paths):
    """What is said, a line each, of files that may not be longer than 8 kB."""
    import resource  # which Windows has not

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    noise = 2 * torch.rand(1, 160_000, generator=torch.Generator().manual_seed(0)) - 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))
    errors = []
    for path in paths:
        try:
            save(path, noise, RATE)
        except AudioError as error:
            errors.append(str(error))
    return "\n".join(errors)


@pytest.mark.posix
def test_a_full_disk_leaves_earlier_files_whole_and_nothing_else(tmp_path):
    """A limit of the file size stands for the disk: the write fails half-way, with another code."""
    paths = [tmp_path / f"a{suffix}" for suffix in FORMATS]
    for path in paths:
        save(path, torch.zeros(1, 100), RATE)
    before = files(tmp_path)
    said = in_child(lambda: errors_on_a_full_disk(paths))
    for path, line in zip(paths, said.splitlines(), strict=True):
        assert str(path) in line and "cannot be written" in line and "untouched" in line
    assert files(tmp_path) == before


def test_an_interrupted_save_leaves_the_earlier_file_whole(tmp_path, sound, monkeypatch):
    save(tmp_path / "a.wav", sound, RATE)
    before = files(tmp_path)

    def interrupt(file):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "a.wav", -sound, RATE)
    assert files(tmp_path) == before


def test_one_array_s_rows_are_channels(tmp_path):
    save(tmp_path / "a.wav", torch.tensor([[0.5, 0.25], [-0.5, -0.25]]), RATE)
    assert np.array_equal(soundfile.read(tmp_path / "a.wav")[0], [[0.5, -0.5], [0.25, -0.25]])
