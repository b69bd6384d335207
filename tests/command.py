"""The command line, run in this process, and work in a fork of it: neither imports everything anew."""

import os
import traceback
from collections.abc import Callable

import pytest

from tinyaudio.cli import main


def run(*words, code=0):
    """Run ``tinyaudio`` with these words, and check its exit code."""
    with pytest.raises(SystemExit) as stop:
        main([str(word) for word in words])
    assert stop.value.code == code


def in_child(work: Callable[[], str]) -> str:
    """What `work` returns, done in a fork of this process, whose limits and user end with it."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        code = 1
        try:
            with open(writing, "w", encoding="utf-8") as pipe:
                pipe.write(work())
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with open(reading, encoding="utf-8") as pipe:
        text = pipe.read()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return text
