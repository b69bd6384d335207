"""Sound files are read with the standard streams closed, as a daemon has them."""

import subprocess
import sys

import pytest
import torch

from tinyaudio.audio import load, save

PROGRAM = """
import sys
import warnings
from tinyaudio.audio import load
warnings.simplefilter("error")
log = open(sys.argv[1], "w")  # gets a closed stream's number
log.write("before\\n")
log.flush()
sums = [load(path)[0].double().sum().item() for path in sys.argv[2:] * 2]
log.write(repr(sums))
log.close()
"""


@pytest.mark.parametrize("closed", ["2>&-", "<&- 2>&-", "<&- >&- 2>&-", ""])
@pytest.mark.parametrize("late", [True, False])
def test_a_closed_stderr_changes_nothing(tmp_path, closed, late):
    noise = torch.rand(1, 8_000, generator=torch.Generator().manual_seed(0)) - 0.5
    files = [tmp_path / name for name in ("a.wav", "b.flac", "c.mp3", "d.ogg")]
    for file in files:
        save(file, noise, 16_000)
    program = PROGRAM
    if late:  # the sound file itself is the first to be opened
        program = PROGRAM.replace("log = open", "load(sys.argv[2]); log = open")
    words = " ".join(f"'{word}'" for word in [tmp_path / "log", *files])
    (tmp_path / "program.py").write_text(program)
    done = subprocess.run(
        ["/bin/sh", "-c", f"exec '{sys.executable}' '{tmp_path}/program.py' {words} {closed}"],
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    expected = [load(path)[0].double().sum().item() for path in files] * 2
    assert (tmp_path / "log").read_text() == f"before\n{expected!r}"
