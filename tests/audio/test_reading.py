"""What is in a file is what one gets; what cannot be read is said in one line."""

import os
import threading
import warnings

import numpy as np
import pytest
import soundfile
import torch

from tinyaudio.audio import load, peak_db, save
from tinyaudio.audio.take import MAX_CHANNELS
from tinyaudio.errors import AudioError

RATE = 16_000
T = torch.arange(RATE, dtype=torch.float64) / RATE  # in float32 the phase itself would be noisy
TONES = torch.stack([0.5 * torch.sin(2 * torch.pi * f * T) for f in (440, 1000)]).float()


def refused(path, *words, **settings):
    """Check that a file is refused in one line that names it and says what to do; return the line."""
    with pytest.raises(AudioError) as error:
        load(path, **settings)
    line = str(error.value)
    assert os.path.basename(path) in line and "\n" not in line
    for word in words:
        assert word in line
    return line


# ---------------------------------------------------------------------------- good files


@pytest.mark.parametrize(
    ("suffix", "subtype", "bits"),
    [
        *[
            ("wav", s, b)
            for s, b in (("PCM_U8", 8), ("PCM_16", 16), ("PCM_24", 24), ("PCM_32", 32))
        ],
        *[("flac", s, b) for s, b in (("PCM_S8", 8), ("PCM_16", 16), ("PCM_24", 24))],
        *[("aiff", s, b) for s, b in (("PCM_S8", 8), ("PCM_16", 16), ("PCM_24", 24))],
    ],
)
def test_integers_are_divided_by_two_to_the_bits_minus_one(tmp_path, suffix, subtype, bits):
    codes = np.array([0, 1, -1, 2 ** (bits - 1) - 1, -(2 ** (bits - 1)), 37], dtype=np.int64)
    written = (codes << (32 - bits)).astype(np.int32)  # libsndfile takes the highest bits
    soundfile.write(tmp_path / f"a.{suffix}", written, 8_000, subtype)
    clip, rate = load(tmp_path / f"a.{suffix}")
    assert rate == 8_000 and clip.shape == (1, 6) and clip.dtype == torch.float32
    # Exact up to 24 bit, which float32 holds; 32 bit are rounded to the nearest float32.
    assert torch.equal(clip[0], torch.tensor(codes / 2 ** (bits - 1), dtype=torch.float32))


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_come_as_they_are(tmp_path, subtype):
    soundfile.write(tmp_path / "a.wav", TONES.T.double().numpy(), RATE, subtype)
    assert torch.equal(load(tmp_path / "a.wav")[0], TONES)


@pytest.mark.parametrize("form", ["ULAW", "ALAW"])
def test_telephone_codes_keep_the_sound(tmp_path, form):
    """Companding in 8 bits leaves 37 to 38 dB between signal and noise (ITU-T G.711)."""
    soundfile.write(tmp_path / "a.wav", TONES.T.numpy(), RATE, form)
    noise = load(tmp_path / "a.wav")[0] - TONES
    assert 10 * torch.log10(TONES.square().mean() / noise.square().mean()) > 35


def test_channels_come_first_and_mono_is_their_mean(tmp_path):
    save(tmp_path / "a.wav", TONES, RATE, subtype="FLOAT")
    assert torch.equal(load(tmp_path / "a.wav")[0], TONES)
    assert torch.equal(load(tmp_path / "a.wav", mono=True)[0], TONES.mean(0, keepdim=True))


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.ogg", "a.mp3"])
def test_a_part_is_the_same_as_a_part_of_the_whole(tmp_path, name):
    noise = torch.rand(1, 4 * RATE, generator=torch.Generator().manual_seed(0)) - 0.5
    save(tmp_path / name, noise, RATE)
    whole, _ = load(tmp_path / name)
    for start in (1_000, 20_000, 50_000):
        part, _ = load(tmp_path / name, start_s=start / RATE, seconds=0.5)
        # The MP3 decoder's sums begin elsewhere after a seek: a few float32 roundings.
        tolerance = 2**-22 if name == "a.mp3" else 0
        assert part.shape == (1, RATE // 2)
        assert (part - whole[:, start : start + RATE // 2]).abs().max() <= tolerance
    rest, _ = load(tmp_path / name, start_s=3.75, seconds=9.0)
    assert rest.shape[1] == whole.shape[1] - 15 * RATE // 4


def test_another_rate_is_converted_to(tmp_path):
    save(tmp_path / "a.wav", TONES, RATE, subtype="FLOAT")
    clip, rate = load(tmp_path / "a.wav", 8_000)
    assert rate == 8_000 and clip.shape == (2, 8_000)
    # Away from the ends, where sound borders on silence, a tone changes by less than 0.001 dB.
    middle = slice(1_000, 7_000)
    assert (clip - TONES[:, ::2])[:, middle].abs().max() < 0.5 * (10 ** (0.001 / 20) - 1)


def test_the_suffix_need_not_be_right(tmp_path):
    save(tmp_path / "a.flac", TONES, RATE)
    (tmp_path / "a.flac").rename(tmp_path / "a.wav")
    assert load(tmp_path / "a.wav")[0].shape == TONES.shape


def test_silent_clipped_and_stereo_files_load_without_a_word(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save(tmp_path / "silent.wav", torch.zeros(1, 100), RATE)
        assert not load(tmp_path / "silent.wav")[0].any()
        save(tmp_path / "clipped.wav", (4 * TONES).clamp(-1, 1), RATE)
        assert peak_db(load(tmp_path / "clipped.wav")[0]).tolist() == [0, 0]


def test_what_lies_beyond_full_scale_is_clipped_with_a_warning(tmp_path):
    soundfile.write(tmp_path / "a.wav", (3 * TONES[0]).numpy(), RATE, "FLOAT")
    with pytest.warns(
        UserWarning, match=r"a\.wav: \d+ of 16000 samples lie beyond ±1 \(peak 1\.500\)"
    ):
        clip, _ = load(tmp_path / "a.wav")
    assert torch.equal(clip[0], (3 * TONES[0]).clamp(-1, 1))


def halved(tmp_path, name):
    """A file of which the second half is missing."""
    save(tmp_path / name, TONES, RATE)
    data = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(data[: len(data) // 2])
    return tmp_path / name


def test_a_wav_cut_off_gives_what_is_there(tmp_path):
    path = halved(tmp_path, "a.wav")
    with pytest.warns(UserWarning, match=r"a\.wav: ends after 0\.50 s, .* declares about 1\.00 s"):
        clip, _ = load(path)
    assert clip.shape[1] == pytest.approx(RATE / 2, abs=12)  # the header has 44 bytes, 11 samples
    assert (clip - TONES[:, : clip.shape[1]]).abs().max() <= 2**-16  # half a step of 16 bit


def test_an_mp3_cut_off_gives_what_is_there_with_a_warning(tmp_path):
    path = halved(tmp_path, "a.mp3")
    with pytest.warns(UserWarning, match=r"a\.mp3: ends after 0\.\d+ s, .* declares 1\.00 s"):
        clip, _ = load(path)
    assert 0 < clip.shape[1] < RATE


def test_a_flac_cut_off_is_refused(tmp_path):
    refused(halved(tmp_path, "a.flac"), "cut off or damaged", "fetch it again")


def test_threads_may_load_at_once(tmp_path, capfd):
    save(tmp_path / "a.mp3", TONES[:1], RATE)
    expected, _ = load(tmp_path / "a.mp3")
    same = []
    threads = [
        threading.Thread(
            target=lambda: same.append(torch.equal(load(tmp_path / "a.mp3")[0], expected))
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert same == [True] * 8
    os.write(2, b"stderr is back")
    assert capfd.readouterr().err == "stderr is back"


# ---------------------------------------------------------------------------- bad files


def test_no_such_file(tmp_path):
    refused(tmp_path / "none.wav", "no such file", "check the name")
    (tmp_path / "file").touch()
    refused(tmp_path / "file" / "none.wav", "no such file")


def test_a_folder(tmp_path):
    refused(tmp_path, "is a folder", "name a sound file")


def test_an_empty_file(tmp_path):
    (tmp_path / "a.wav").touch()
    refused(tmp_path / "a.wav", "is empty")


@pytest.mark.parametrize("name", ["a.wav", "a.mp3", "a.flac", "a.ogg", "a.txt"])
def test_a_text_file(tmp_path, name):
    (tmp_path / name).write_text("These are words.\n" * 100)
    refused(tmp_path / name, "cannot be decoded", "convert it")


def test_a_file_one_may_not_read(tmp_path):
    save(tmp_path / "a.wav", TONES, RATE)
    os.chmod(tmp_path / "a.wav", 0)
    if os.access(tmp_path / "a.wav", os.R_OK):
        pytest.skip("root may read everything")
    refused(tmp_path / "a.wav", "cannot be opened")


@pytest.mark.posix
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    refused(tmp_path / "a.wav", "not an ordinary file")


def test_no_samples(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((0, 1)), RATE)
    refused(tmp_path / "a.wav", "holds no samples")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none(tmp_path, value):
    soundfile.write(tmp_path / "a.wav", np.array([0.0, value, 0.5]), RATE, "FLOAT")
    refused(tmp_path / "a.wav", "1 of 3 samples are NaN or infinite")


def test_floats_on_the_scale_of_integers(tmp_path):
    soundfile.write(tmp_path / "a.wav", 32_768 * TONES[0].numpy(), RATE, "FLOAT")
    refused(tmp_path / "a.wav", "full scale is 1")


@pytest.mark.parametrize(
    ("offset", "value", "words"), [(24, 0, "0 Hz"), (24, 2**31 - 1, "2147483647 Hz")]
)
def test_an_impossible_rate_in_the_header(tmp_path, offset, value, words):
    save(tmp_path / "a.wav", TONES, RATE)
    data = bytearray((tmp_path / "a.wav").read_bytes())
    data[offset : offset + 4] = value.to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(data)
    refused(tmp_path / "a.wav", words)


def test_too_many_channels(tmp_path):
    soundfile.write(tmp_path / "a.wav", np.zeros((10, MAX_CHANNELS + 1)), RATE)
    refused(tmp_path / "a.wav", f"declares {MAX_CHANNELS + 1} channels")


def test_beyond_the_end(tmp_path):
    save(tmp_path / "a.wav", TONES, RATE)
    refused(tmp_path / "a.wav", "ends at 1.00 s, before 1.0 s", start_s=1.0)


@pytest.mark.parametrize(
    "settings",
    [{"start_s": -1.0}, {"start_s": float("nan")}, {"seconds": 0.0}, {"seconds": float("inf")}],
)
def test_an_impossible_part(tmp_path, settings):
    save(tmp_path / "a.wav", TONES, RATE)
    refused(tmp_path / "a.wav", "give start_s >= 0, seconds > 0", **settings)


@pytest.mark.parametrize("sample_rate", [0, -16_000, 10**9])
def test_an_impossible_rate_asked_for(tmp_path, sample_rate):
    save(tmp_path / "a.wav", TONES, RATE)
    with pytest.raises(AudioError, match=f"sample rate {sample_rate} Hz is outside"):
        load(tmp_path / "a.wav", sample_rate)


def test_a_name_that_is_none():
    with pytest.raises(AudioError, match="cannot be opened"):
        load("a\0.wav")
    with pytest.raises(AudioError, match="cannot be opened"):
        load("a" * 5000)
