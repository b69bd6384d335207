"""Files written while sound is generated: valid after every chunk, and earlier files are kept."""

import os
import signal
import threading
import time
import wave

import numpy as np
import pytest
import soundfile
import torch

from tinyaudio.audio import load, save
from tinyaudio.errors import AudioError, UserError
from tinyaudio.samplers.streaming import write

RATE = 16_000


def sound(n_samples=1000, n_clips=1, n_channels=1):
    return torch.rand(n_clips, n_channels, n_samples, generator=torch.manual_seed(0)) * 2 - 1


def broken(audio, chunk, error):
    """Two chunks, then the error."""
    yield from audio.split(chunk, 2)[:2]
    raise error


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("chunk", [1, 64, 1000])
def test_the_files_equal_those_of_save(tmp_path, suffix, n_channels, chunk):
    audio = sound(300, 2, n_channels)
    paths = [tmp_path / "new" / f"{name}.{suffix}" for name in "ab"]
    assert write(paths, audio.split(chunk, 2), RATE, 300) == 300
    for path, clip in zip(paths, audio, strict=True):
        save(tmp_path / f"whole.{suffix}", clip, RATE)
        assert path.read_bytes()[:4] == {"wav": b"RIFF", "flac": b"fLaC"}[suffix]
        assert load(path)[1] == RATE
        assert torch.equal(load(path)[0], load(tmp_path / f"whole.{suffix}")[0])
    assert sorted(p.name for p in paths[0].parent.iterdir()) == [p.name for p in paths]


@pytest.mark.parametrize("suffix", ["ogg", "mp3"])
def test_lossy_formats(tmp_path, suffix):
    t = torch.arange(RATE) / RATE
    audio = (0.5 * torch.sin(2 * torch.pi * 440 * t))[None, None]
    write([tmp_path / f"a.{suffix}"], audio.split(777, 2), RATE)
    again, rate = load(tmp_path / f"a.{suffix}")
    assert rate == RATE and again.shape[1] == RATE
    assert (again - audio[0]).abs()[:, 1000:-1000].max() < 0.05


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), SystemExit(1), UserError("no"), MemoryError()]
)
def test_an_interruption_saves_what_was_generated(tmp_path, suffix, error):
    audio, path = sound(), tmp_path / f"a.{suffix}"
    with (
        pytest.raises(type(error)) as caught,
        pytest.warns(UserWarning, match=r"stopped after 0.025 s"),
    ):
        write([path], broken(audio, 200, error), RATE)
    assert caught.value is error
    save(tmp_path / "whole.wav", audio[0, :, :400], RATE)
    assert torch.equal(load(path)[0], load(tmp_path / "whole.wav")[0])
    assert sorted(p.name for p in tmp_path.iterdir()) == [path.name, "whole.wav"]


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_only_a_complete_clip_repaths_an_earlier_file(tmp_path, suffix):
    audio, path = sound(), tmp_path / f"a.{suffix}"
    path.write_bytes(b"dear")
    with pytest.raises(KeyboardInterrupt), pytest.warns(UserWarning, match="is unchanged"):
        write([path], broken(audio, 200, KeyboardInterrupt()), RATE)
    assert path.read_bytes() == b"dear"
    assert load(tmp_path / "a.part.wav")[0].shape == (1, 400)
    write([path], audio.split(100, 2), RATE)  # and the partial file is kept again
    assert load(path)[0].shape == (1, 1000)
    assert load(tmp_path / "a.part.wav")[0].shape == (1, 400)


def failing():
    raise UserError("before the first sample")
    yield


@pytest.mark.parametrize(
    ("names", "chunks", "rate", "message"),
    [
        (["a.wav"], failing(), RATE, "before the first"),
        (["a.wav"], [], RATE, "there are no samples"),
        (["a.wav"], [torch.zeros(1, 1, 0)], RATE, "there are no samples"),
        (["a.wav", "b.wav"], [sound()], RATE, "2 files for 1 clips"),
        (["a.wav"], [sound(n_clips=2)], RATE, "1 files for 2 clips"),
        (["a.aiff"], [sound()], RATE, "unknown suffix '.aiff'"),
        (["b.wav", "a"], [sound()], RATE, "unknown suffix ''"),
        (["a.mp3"], [sound()], 12_345, "MP3 cannot hold 1 channels at 12345 Hz"),
        (["a.wav"], [sound()], 0, "cannot hold 1 channels at 0 Hz"),
        (["a.wav"], [torch.full((1, 1, 9), torch.nan)], RATE, "NaN|not a number|not finite"),
    ],
)
def test_a_request_that_fails_destroys_nothing(tmp_path, names, chunks, rate, message):
    (tmp_path / "a.wav").write_bytes(b"dear")
    with pytest.raises(UserError, match=message):
        write([tmp_path / name for name in names], chunks, rate)
    assert [p.name for p in tmp_path.iterdir()] == ["a.wav"]
    assert (tmp_path / "a.wav").read_bytes() == b"dear"


def test_a_path_that_cannot_be_written_to(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(AudioError, match="cannot be written"):
        write([tmp_path / "file" / "a.wav"], [sound()], RATE)


@pytest.mark.posix
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_full_disk_keeps_what_fitted(tmp_path, suffix):
    import resource

    path = tmp_path / f"a.{suffix}"
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, before[1]))
    try:
        with (
            pytest.raises(AudioError, match="cannot be written"),
            pytest.warns(UserWarning, match="stopped after"),
        ):
            write([path], sound(50_000).split(1000, 2), RATE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    save(tmp_path / "whole.wav", sound(50_000)[0], RATE)
    kept, whole = load(path)[0], load(tmp_path / "whole.wav")[0]
    assert 9000 <= kept.shape[1] < 10_000 and torch.equal(kept, whole[:, : kept.shape[1]])


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_partial_file_can_be_read_at_any_time(tmp_path, suffix):
    """By readers that rely on the header, after every chunk."""
    seen = []

    def chunks():
        for chunk in sound().split(100, 2):
            yield chunk
            with wave.open(str(tmp_path / "a.part.wav")) as file:
                assert file.getparams()[:4] == (1, 2, RATE, sum(seen) + 100)
            assert len(soundfile.read(tmp_path / "a.part.wav")[0]) == sum(seen) + 100
            seen.append(100)

    write([tmp_path / f"a.{suffix}"], chunks(), RATE)
    assert len(seen) == 10


@pytest.mark.posix
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGKILL"])
@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_killed_process_leaves_a_file(tmp_path, name, suffix):
    number, path, audio = getattr(signal, name), tmp_path / f"a.{suffix}", sound()
    reading, writing = os.pipe()

    def chunks():
        yield from audio.split(100, 2)[:3]
        os.write(writing, b"!")
        for _ in range(600):  # a signal may come to another thread, and then ends no sleep
            time.sleep(0.1)

    if (child := os.fork()) == 0:
        if number != signal.SIGKILL:  # whatever this process inherited, such as from nohup
            signal.signal(number, signal.SIG_DFL)
        try:
            write([path], chunks(), RATE)
        except SystemExit as stop:
            os._exit(stop.code)
        finally:
            os._exit(1)
    os.read(reading, 1)
    os.kill(child, number)
    status = os.waitpid(child, 0)[1]
    if number == signal.SIGKILL:
        assert os.WTERMSIG(status) == number
        left = tmp_path / "a.part.wav"
    else:
        assert os.waitstatus_to_exitcode(status) == 128 + number
        left = path
    assert [p.name for p in tmp_path.iterdir()] == [left.name]
    codes = soundfile.read(left, dtype="int16")[0]
    assert np.array_equal(codes, (audio[0, 0, :300] * 2**15).round().clamp(max=2**15 - 1).short())


@pytest.mark.posix
def test_a_hang_up_that_nohup_ignores_ends_nothing(tmp_path):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        chunks = (os.kill(os.getpid(), signal.SIGHUP) or sound() for _ in range(2))
        assert write([tmp_path / "a.wav"], chunks, RATE) == 2_000
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_signal_handlers_are_restored_and_other_threads_may_write(tmp_path):
    write([tmp_path / "a.wav"], [sound()], RATE)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    thread = threading.Thread(target=write, args=([tmp_path / "b.wav"], [sound()], RATE))
    thread.start()
    thread.join()
    assert load(tmp_path / "b.wav")[0].shape == (1, 1000)
