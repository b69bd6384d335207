"""Sound files are read with the standard streams closed, as a daemon has them."""

import os
import subprocess
import sys
import warnings

import pytest
import torch

from tinyaudio.audio import load, save


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The same noise in a file of each kind, and an MP3 of which libmpg123 complains on stderr."""
    folder = tmp_path_factory.mktemp("sounds")
    noise = torch.rand(1, 8_000, generator=torch.Generator().manual_seed(0)) - 0.5
    files = [folder / name for name in ("a.wav", "b.flac", "c.ogg", "d.mp3", "damaged.mp3")]
    for file in files:
        save(file, noise, 16_000)
    mp3 = files[-1].read_bytes()
    files[-1].write_bytes(mp3[:1_000] + bytes(300) + mp3[1_300:])
    return files


def sums(files):
    """A number for each file, read twice."""
    warnings.simplefilter("ignore")
    return [load(path)[0].double().sum().item() for path in files * 2]


def sums_beside_a_log(log, files, late=False):
    """The same, while a file is open that has the number of a closed stream, if one is."""
    if late:  # the sound file itself is the first to be opened
        load(files[0])
    with open(log, "w") as file:
        file.write("before\n")
        file.flush()
        file.write(repr(sums(files)))


@pytest.mark.posix
@pytest.mark.parametrize("closed", [(2,), (0, 2), (0, 1, 2), ()])
@pytest.mark.parametrize("late", [True, False])
def test_a_closed_stderr_changes_nothing(tmp_path, files, closed, late):
    child = os.fork()
    if not child:
        try:
            for stream in closed:
                os.close(stream)
            sums_beside_a_log(tmp_path / "log", files, late)
        except BaseException:
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "log").read_text() == f"before\n{sums(files)!r}"


@pytest.mark.posix
def test_a_program_begun_with_all_streams_closed_reads_the_same(tmp_path, files):
    words = " ".join(f"'{word}'" for word in [sys.executable, __file__, tmp_path / "log", *files])
    done = subprocess.run(["/bin/sh", "-c", f"exec {words} <&- >&- 2>&-"])
    assert done.returncode == 0
    assert (tmp_path / "log").read_text() == f"before\n{sums(files)!r}"


if __name__ == "__main__":
    sums_beside_a_log(sys.argv[1], sys.argv[2:])
