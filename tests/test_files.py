"""A folder that one process has, a second does not get; of one that was killed, the next does."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tinyaudio.errors import DataError
from tinyaudio.files import atomic_write, locked

HOLD = """
import sys, time
from pathlib import Path
from tinyaudio.errors import DataError
from tinyaudio.files import locked
with locked(Path(sys.argv[1]), DataError("busy")):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_process_lets_go(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLD, tmp_path], stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(DataError, match="busy"), locked(tmp_path, DataError("busy")):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with locked(tmp_path, DataError("busy")):
        pass


def test_an_error_inside_is_not_taken_for_the_folder_s_and_lets_go(tmp_path):
    with pytest.raises(OSError, match="another"), locked(tmp_path, DataError("busy")):
        raise OSError("another")
    with locked(tmp_path, DataError("busy")):
        pass


def test_a_place_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(DataError, match=r"cannot be written .* name another"),
        locked(tmp_path / "file" / "run", DataError("busy")),
    ):
        pass


def test_what_fails_while_it_is_written_leaves_the_earlier_file(tmp_path):
    place = tmp_path / "a.txt"
    place.write_text("earlier")
    with pytest.raises(ZeroDivisionError), atomic_write(place) as file:
        file.write(b"half")
        raise ZeroDivisionError
    assert place.read_text() == "earlier" and [p.name for p in Path(tmp_path).iterdir()] == [
        "a.txt"
    ]
