"""All the sound that a file holds is read, whatever its header declares; what is missing or follows is said.

`benchmarks.robustness` does the same for every kind of file at random.
"""

import io
import struct
import warnings

import numpy as np
import pytest
import soundfile
import torch

from tinyaudio.audio import load
from tinyaudio.errors import AudioError

RATE, N = 16_000, 16_000
NOISE = 0.3 * np.random.default_rng(0).uniform(-1, 1, N)
TAG = b"TAG" + b"x" * 125  # ID3v1
ID3 = b"ID3\4\0\0\0\0\0\x10" + bytes(16)


def encoded(form, subtype=None, audio=NOISE, rate=RATE):
    buffer = io.BytesIO()
    soundfile.write(buffer, audio, rate, subtype, format=form)
    return buffer.getvalue()


def patched(data, marker, offset, form, value):
    """A file in which another number stands, so far behind a marker."""
    place = data.index(marker) + offset
    return data[:place] + struct.pack(form, value) + data[place + struct.calcsize(form) :]


def read(tmp_path, data, **part):
    """The clip of a file, and what was warned of."""
    path = tmp_path / "a.sound"
    path.write_bytes(data)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        clip, _ = load(path, **part)
    assert all("a.sound: " in str(one.message) for one in caught)
    return clip, " ".join(str(one.message).partition("a.sound: ")[2] for one in caught)


def without_first_frame(mp3):
    """An MP3 without the frame that holds no sound but Xing's header: at 16 kHz it has 72 B / f bytes."""
    kbits = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
    assert b"Xing" in mp3[:100] or b"Info" in mp3[:100]
    return mp3[72 * kbits[mp3[2] >> 4] * 1000 // RATE + (mp3[2] >> 1 & 1) :]


def flac(n_declared):
    """A FLAC file that declares so many samples; 0 is for unknown."""
    data = bytearray(encoded("FLAC"))
    data[21] = data[21] & 0xF0 | n_declared >> 32
    data[22:26] = struct.pack(">I", n_declared & 0xFFFFFFFF)
    return bytes(data)


UNKNOWN = {
    "WAV 0": ("WAV", b"data", 4, "<I", 0),
    "WAV -1": ("WAV", b"data", 4, "<I", 2**32 - 1),
    "WAV 2^31": ("WAV", b"data", 4, "<I", 2**31 - 4096),
    "WAVEX 0": ("WAVEX", b"data", 4, "<I", 0),
    "RF64 0": ("RF64", b"ds64", 16, "<Q", 0),
    "RF64 -1": ("RF64", b"ds64", 16, "<Q", 2**64 - 1),
    "W64 0": ("W64", b"data", 16, "<Q", 24),
    "AIFF 0": ("AIFF", b"SSND", 4, ">I", 8),
    "AU 0": ("AU", b".snd", 8, ">I", 0),
    "AU -1": ("AU", b".snd", 8, ">I", 2**32 - 1),
    "CAF -1": ("CAF", b"data", 4, ">q", -1),
    "CAF 0": ("CAF", b"data", 4, ">q", 0),
}


@pytest.mark.parametrize("kind", UNKNOWN)
def test_a_size_left_open_is_the_rest_of_the_file(tmp_path, kind):
    form, *field = UNKNOWN[kind]
    whole, _ = read(tmp_path, encoded(form, "PCM_16"))
    data = patched(encoded(form, "PCM_16"), *field)
    clip, remark = read(tmp_path, data)
    assert torch.equal(clip, whole) and remark == ""
    part, _ = read(tmp_path, data, start_s=0.25, seconds=0.5)
    assert torch.equal(part, whole[:, 4_000:12_000])


def test_bw64_is_read_as_rf64(tmp_path):
    data = encoded("RF64", "PCM_16")
    assert torch.equal(read(tmp_path, b"BW64" + data[4:])[0], read(tmp_path, data)[0])


SIZED = [
    ("WAV", "PCM_16"),
    ("WAV", "IMA_ADPCM"),
    ("RF64", "PCM_16"),
    ("W64", "PCM_16"),
    ("AIFF", "PCM_24"),
]
SIZED += [
    ("AU", "PCM_16"),
    ("CAF", "FLOAT"),
    ("SVX", "PCM_16"),
    ("NIST", "PCM_16"),
    ("AVR", "PCM_16"),
]
SIZED += [("MAT5", "PCM_16"), ("MAT4", "PCM_16"), ("MPC2K", "PCM_16"), ("VOC", "PCM_16")]


@pytest.mark.parametrize(("form", "subtype"), SIZED)
def test_what_is_cut_off_is_said(tmp_path, form, subtype):
    data = encoded(form, subtype, rate=RATE)
    header = 2 * len(data) - len(encoded(form, subtype, np.tile(NOISE, 2)))
    whole, _ = read(tmp_path, data)
    clip, remark = read(tmp_path, data[: header + (len(data) - header) * 3 // 4])
    assert clip.shape[1] == pytest.approx(0.75 * N, rel=0.02)
    assert torch.equal(clip, whole[:, : clip.shape[1]])
    assert remark.startswith(("ends after 0.7", "is cut off or damaged after 0.7"))


@pytest.mark.parametrize(("form", "subtype"), [*SIZED, ("CAF", "ALAC_16"), ("SDS", "PCM_16")])
def test_what_follows_the_declared_end_is_said(tmp_path, form, subtype):
    data = encoded(form, subtype)
    clip, remark = read(tmp_path, data + data)
    if form == "VOC":  # of which libsndfile reads all
        assert clip.shape[1] > 2 * N
        return
    assert clip.shape[1] >= N
    assert "follows its declared end at 1.0" in remark or "goes on for longer" in remark
    if "follows" in remark:
        missing = float(remark.split("about ")[1].split(" s")[0])
        assert missing == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("form", ["WAV", "WAVEX", "RF64", "AIFF", "W64"])
def test_a_smaller_size_than_the_sound_s_is_said(tmp_path, form):
    marker, offset, form_of_size = {"AIFF": (b"SSND", 4, ">I"), "W64": (b"data", 16, "<Q")}.get(
        form, (b"data", 4, "<I")
    )
    if form == "RF64":
        marker, offset, form_of_size = b"ds64", 16, "<Q"
    clip, remark = read(
        tmp_path, patched(encoded(form, "PCM_16"), marker, offset, form_of_size, 8_024)
    )
    assert clip.shape[1] == N or "about 0.7" in remark
    assert "follows its declared end" in remark or "goes on for longer" in remark


@pytest.mark.parametrize("form", ["WAV", "AIFF", "AU", "CAF", "MP3", "FLAC", "OGG"])
@pytest.mark.parametrize("more", [b"", TAG, bytes(5_000)])
def test_nothing_is_said_of_good_files_with_tags_and_zeros(tmp_path, form, more):
    if form == "FLAC" and not any(more):
        more = b""
    if form in ("AU", "CAF", "OGG") and more == TAG:
        more = b""
    whole, _ = read(tmp_path, encoded(form))
    clip, remark = read(tmp_path, encoded(form) + more)
    assert torch.equal(clip, whole) and remark == ""


def test_nothing_is_said_of_chunks_behind_the_sound(tmp_path):
    for form, name, order in (
        ("WAV", b"LIST", "<I"),
        ("WAV", b"id3 ", "<I"),
        ("AIFF", b"ANNO", ">I"),
    ):
        data = encoded(form, "PCM_16")
        clip, remark = read(tmp_path, data + name + struct.pack(order, 3000) + b"INFO" * 750)
        assert clip.shape == (1, N) and remark == ""
    empty = patched(encoded("WAV", "PCM_16"), b"data", 4, "<I", 0)[:44]
    with pytest.raises(AudioError, match="holds no samples; fetch"):
        read(tmp_path, empty + b"LIST\x04\0\0\0INFO")


# ---------------------------------------------------------------------------- MP3


def test_mp3_is_read_to_its_end_whatever_xing_says(tmp_path):
    silence_then_noise = np.concatenate([0 * NOISE, NOISE])
    mp3 = encoded("MP3", audio=silence_then_noise)
    whole, _ = read(tmp_path, mp3)
    place = 8
    marker = b"Xing" if b"Xing" in mp3[:100] else b"Info"
    few = patched(mp3, marker, place, ">I", 3)
    for data in (
        without_first_frame(mp3),
        patched(mp3, marker, place, ">I", 0),
        few,
        ID3 + few + TAG,
    ):
        clip, remark = read(tmp_path, data)
        assert 2 * N <= clip.shape[1] <= 2 * N + 2 * 1152 and remark == ""
        # Nothing but the encoder's padding, at either end, is added.
        assert (
            min(
                (clip[:, shift : shift + 2 * N] - whole).abs().max()
                for shift in range(clip.shape[1] - 2 * N + 1)
            )
            < 1e-3
        )
        part, _ = read(tmp_path, data, start_s=1.5, seconds=0.25)
        assert part.shape == (1, 4_000)
        assert (part - clip[:, 24_000:28_000]).abs().max() < 1e-4
    with pytest.raises(AudioError, match="before 9"):
        read(tmp_path, few, start_s=9.0)


@pytest.mark.parametrize("times", [2, 3])
def test_mp3_files_behind_each_other_are_read(tmp_path, times):
    mp3 = encoded("MP3")
    whole, _ = read(tmp_path, mp3)
    clip, _ = read(tmp_path, (ID3 + mp3) * times)
    assert times * N <= clip.shape[1] <= times * (N + 2 * 1152)
    assert (clip[:, :N] - whole).abs().max() < 1e-4
    level = clip[:, -N // 2 : -1_200].square().mean() / whole.square().mean()
    assert 0.8 < level < 1.2  # sound, to the end


def test_a_second_mp3_of_another_kind_is_not_lost_unsaid(tmp_path):
    clip, remark = read(tmp_path, encoded("MP3") + encoded("MP3", audio=NOISE, rate=32_000))
    assert clip.shape[1] > 1.4 * N or "follows" in remark


# ---------------------------------------------------------------------------- FLAC


@pytest.mark.parametrize("n", [0, 1, 1_000, N - 1, N])
@pytest.mark.parametrize("around", [(b"", b""), (ID3, b""), (b"", TAG)])
def test_flac_is_read_to_its_end_whatever_it_declares(tmp_path, n, around):
    whole, _ = read(tmp_path, encoded("FLAC"))
    before, after = around
    data = before + flac(n) + after
    clip, remark = read(tmp_path, data)
    assert torch.equal(clip, whole) and remark == ""
    for start, seconds, stop in ((0.5, None, N), (0.25, 0.5, 12_000), (0.9, 9.0, N)):
        part, _ = read(tmp_path, data, start_s=start, seconds=seconds)
        assert torch.equal(part, whole[:, int(start * RATE) : stop])
    with pytest.raises(AudioError, match=r"before 1\.5 s"):
        read(tmp_path, data, start_s=1.5)


def test_flac_that_declares_too_much_or_is_cut_off_is_said(tmp_path):
    clip, remark = read(tmp_path, flac(2 * N))
    assert clip.shape == (1, N) and "ends after 1.00 s, where its header declares 2.00 s" in remark
    data = flac(0)
    clip, remark = read(tmp_path, data[: len(data) * 3 // 4])
    assert 0.5 * N < clip.shape[1] < 0.8 * N and "cut off or damaged" in remark
    clip, remark = read(tmp_path, encoded("FLAC") * 2)
    assert clip.shape == (1, N) and "about 1.00 s" in remark


# ---------------------------------------------------------------------------- Ogg


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_a_chain_of_ogg_streams_is_read(tmp_path, subtype):
    one, _ = read(tmp_path, encoded("OGG", subtype))
    other, _ = read(tmp_path, encoded("OGG", "VORBIS", NOISE[::-1].copy()))
    data = encoded("OGG", subtype) + encoded("OGG", "VORBIS", NOISE[::-1].copy())
    clip, remark = read(tmp_path, data)
    assert torch.equal(clip, torch.cat([one, other], dim=1)) and remark == ""
    part, _ = read(tmp_path, data, start_s=0.5, seconds=1.0)
    assert torch.equal(part[:, N // 2 :], other[:, : N // 2])
    part, _ = read(tmp_path, data, start_s=1.25)
    assert (part - other[:, N // 4 :]).abs().max() < 1e-5
    with pytest.raises(AudioError, match=r"ends at 2\.00 s, before 2\.0 s"):
        read(tmp_path, data, start_s=2.0)


def test_a_stream_that_does_not_fit_the_first_is_said(tmp_path):
    clip, remark = read(tmp_path, encoded("OGG") + encoded("OGG", rate=32_000))
    assert clip.shape == (1, N) and "1 channels at 32000 Hz follow" in remark


def test_ogg_that_is_cut_off_is_said(tmp_path):
    data = encoded("OGG", audio=np.tile(NOISE, 20))
    clip, remark = read(tmp_path, data[: len(data) // 2])
    assert 0.3 < clip.shape[1] / (20 * N) <= 0.5 and "is cut off" in remark
    with pytest.raises(AudioError, match="holds no samples, because it is cut off"):
        read(tmp_path, data[:5_000])


# ---------------------------------------------------------------------------- other kinds


def test_no_sound_is_not_said_of_a_file_that_declares_none_and_has_some(tmp_path):
    with pytest.raises(AudioError, match="no samples by its header, which 31999 bytes follow"):
        read(tmp_path, patched(encoded("AU", "PCM_16"), b".snd", 8, ">I", 1))


def test_kinds_in_which_libsndfile_cannot_seek_are_read_in_part(tmp_path):
    for form, subtype in (("AIFF", "DWVW_16"), ("WAV", "GSM610"), ("AU", "G721_32")):
        whole, _ = read(tmp_path, encoded(form, subtype))
        assert whole.shape[1] >= N
        part, _ = read(tmp_path, encoded(form, subtype), start_s=0.25, seconds=0.5)
        assert torch.equal(part, whole[:, 4_000:12_000])
