"""The command line, run in this process."""

import pytest

from tinyaudio.cli import main


def run(*words, code=0):
    """Run ``tinyaudio`` with these words, and check its exit code."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == code
