"""Behind the walls: what a process may no longer do, each tried in a process of its own."""

import os
import subprocess
import sys

import pytest

from tools.assignments import sandbox

linux = pytest.mark.skipif(bool(sandbox.missing()), reason="the walls are Linux's")
BEGIN = """
import ctypes, os, sys, socket, subprocess, threading, resource
from pathlib import Path
from tools.assignments import sandbox
folder, outside = map(Path, sys.argv[1:])
readable = [Path(one) for one in ("/usr/lib", "/lib", "/lib64", sys.base_prefix, sys.prefix)]
sandbox.lock(readable, folder, 100 << 20, 60)
def call(name, *arguments):  # of the C library
    if ctypes.CDLL(None, use_errno=True)[name](*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
def refused(action):
    try:
        action()
    except (OSError, MemoryError, ValueError) as error:
        return type(error).__name__
    return "DONE"
"""
TRIED = {
    "read": "open(outside / 'secret').read()",
    "list": "os.listdir(outside)",
    "write": "open(outside / 'new', 'w')",
    "empty": "os.truncate(outside / 'secret', 0)",
    "delete": "os.remove(outside / 'secret')",
    "link": "os.link(outside / 'secret', folder / 'a')",
    "rename": "os.rename(folder / 'kept', outside / 'b')",
    "mode": "os.chmod(outside / 'secret', 0o777)",
    "owner": "os.chown(outside / 'secret', 1, 1)",
    "date": "os.utime(outside / 'secret', (1, 1))",
    "socket": "socket.socket()",
    "local socket": "socket.socketpair()",
    "fork": "os.fork()",
    "program": "subprocess.run(['true'])",
    "exec": "os.execv(sys.executable, ['python'])",
    "parent": "os.kill(os.getppid(), 0)",
    "group": "os.killpg(os.getpgid(os.getppid()), 0)",
    "memory that outlives it": "call('shmget', 42, 4096, 0o1666)",
    "messages that outlive it": "call('msgget', 42, 0o1666)",
    "semaphores that outlive it": "call('semget', 42, 1, 0o1666)",
    "queues that outlive it": "call('mq_open', b'/42', 0o102, 0o666, None)",
    "memory of the parent": "open(f'/proc/{os.getppid()}/mem', 'rb')",
    "more memory": "bytearray(10**9)",
    "higher limit": "resource.setrlimit(resource.RLIMIT_AS, (10**12, 10**12))",
    "large file": "(folder / 'large').open('wb').write(bytes(70 << 20))",
}
ALLOWED = """
(folder / "new").write_text("mine")
thread = threading.Thread(target=lambda: (folder / "thread").write_text("mine"))
thread.start(); thread.join()
import json.tool, decimal
print(sorted(os.listdir(folder)))
"""


@linux
def test_what_is_refused_and_what_is_not(tmp_path):
    """All in one process, as starting one is what takes time; each is refused by itself."""
    folder, outside = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    outside.mkdir()
    (folder / "kept").write_text("mine")
    (outside / "secret").write_text("a secret")
    lines = ["import signal", "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)"]
    lines += [f"print({name!r}, refused(lambda: {code}), sep=': ')" for name, code in TRIED.items()]
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + "\n".join(lines) + ALLOWED, folder, outside],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(sandbox.Path(sandbox.__file__).parents[2])},
    )
    assert done.returncode == 0, done.stderr
    *told, last = done.stdout.strip().split("\n")
    got = dict(line.split(": ") for line in told)
    assert got.keys() == TRIED.keys() and "DONE" not in got.values(), got
    (folder / "large").unlink()
    assert last == "['kept', 'large', 'new', 'thread']"
    assert (outside / "secret").read_text() == "a secret" and os.listdir(outside) == ["secret"]


def test_what_a_machine_lacks_is_said(monkeypatch):
    monkeypatch.setattr(sandbox, "landlock_version", lambda: 0)
    monkeypatch.setattr(sandbox.platform, "machine", lambda: "riscv64")
    monkeypatch.setattr(sandbox.sys, "platform", "linux")
    network, files = sandbox.missing()
    assert network.startswith("the network") and files.startswith("reading and writing your files")
    for version, said in ((1, ["emptying your files"]), (2, ["emptying your files"]), (3, [])):
        monkeypatch.setattr(sandbox, "landlock_version", lambda version=version: version)
        assert [one.partition(" (")[0] for one in sandbox.missing()[1:]] == said
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert sandbox.missing() == ["anything, since limits and walls are Linux's"]
