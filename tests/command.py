"""The command line, run in this process, and work in a fork of it: neither imports everything anew."""

import multiprocessing
import os
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import contextmanager

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


@contextmanager
def processes(work: Callable[[int], None], folder, n: int = 2, timeout: float = 300):
    """Forks of this process, in an environment as torchrun makes it; each calls `work` with its rank.

    What each prints is in ``folder/RANK.txt``.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def begin(rank):
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "RANK": str(rank)}
        os.environ |= {"WORLD_SIZE": str(n), "LOCAL_WORLD_SIZE": str(n), "LOCAL_RANK": str(rank)}
        place = os.open(folder / f"{rank}.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(place, 1)
        os.dup2(place, 2)
        sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)
        work(rank)

    fork = multiprocessing.get_context("fork").Process
    forks = [fork(target=begin, args=(rank,)) for rank in range(n)]
    for one in forks:
        one.start()
    try:
        yield forks
    finally:
        for one in forks:
            one.join(timeout)
            one.kill()


def exit_codes(work, folder, n: int = 2, timeout: float = 300) -> list[int]:
    """The forks' exit codes when all have ended."""
    with processes(work, folder, n, timeout) as forks:
        pass
    return [one.exitcode for one in forks]
