"""Whatever ends a run, between any two writes: the same command again leaves state, weights and log of the last step."""

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch

from tests.command import run
from tests.test_recipe import SOURCE, tensors
from tinyaudio import files, run_folder
from tinyaudio.errors import CheckpointError
from tinyaudio.memory import available_bytes, check_batch, limit_memory, out_of_memory
from tinyaudio.resume import read_record
from tinyaudio.run import ending

KILLS = 20
SHORT = "--steps 6 --batch-size 4 --device cpu --eval-every 2 --save-every 1".split()


def train(recipe, out):
    run("train", "--recipe", recipe, "--out", out, *SHORT)


def killed_at(n, recipe, out):
    """Train in a child that is gone at its n-th write: before the file takes its place, or just after."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    writes, move, log = [0], os.replace, run_folder.log

    def write(act, *arguments):
        writes[0] += 1
        if n % 2 and writes[0] == n:
            os._exit(9)
        act(*arguments)
        if writes[0] == n:
            os._exit(9)

    files.os.replace = lambda *arguments: write(move, *arguments)
    sys.modules["tinyaudio.run"].log = lambda *arguments: write(log, *arguments)
    try:
        train(recipe, out)
    finally:
        os._exit(0)


def log_lines(out):
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k != "seconds"} for line in lines]


@pytest.mark.parametrize(
    "kills",
    # Of the first writes and the last, of files and of the log, before one and after.
    [(1, 2, 5, 8, 13, KILLS), pytest.param(range(1, KILLS + 1), marks=pytest.mark.slow)],
    ids=["six", "twenty"],
)
def test_kills_between_two_writes_leave_no_trace(kills, tmp_path):
    recipe = Path(shutil.copy(SOURCE, tmp_path / "own_system.py"))
    train(recipe, tmp_path / "whole")
    whole, lines = tensors(tmp_path / "whole"), log_lines(tmp_path / "whole")
    codes = []
    for n in kills:
        out = tmp_path / f"killed-{n}"
        codes.append(killed_at(n, recipe, out))
        train(recipe, out)
        again = tensors(out)
        assert again.keys() == whole.keys(), n
        assert all(torch.equal(value, again[name]) for name, value in whole.items()), n
        assert log_lines(out) == lines, n
        assert read_record(out / "state.safetensors")["step"] == lines[-1]["step"]
        left = [path.name for path in out.rglob(".*") if path.name != ".lock"]
        assert len(left) <= 1, left  # a kill may leave one half-written file beside its place
    assert codes == [9] * len(kills)  # each did end at its write


def test_half_a_line_of_the_log_is_dropped(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_bytes(
        b'{"step": 1}\n{"step": 2}\n{"step": 3}\n{"step": 2, "loss": 1}\n{"step": 2, \xff}'
    )
    run_folder.truncate_log(path, 2)
    assert path.read_text() == '{"step": 1}\n{"step": 2}\n{"step": 2, "loss": 1}\n'


def test_a_log_that_cannot_be_written_is_one_line(tmp_path):
    (tmp_path / "log.jsonl").mkdir()
    with pytest.raises(CheckpointError, match=r"cannot be written .*run the same command again"):
        run_folder.log(tmp_path, {"step": 1})


def test_the_end_says_where_it_stands():
    assert ending(400, 400, Path("r")) == "done: step 400 of 400, saved in r"
    assert ending(9, 400, Path("r")).startswith("stopped at step 9 of 400")
    assert ending(9, 400, Path("r"), interrupted=True).startswith("interrupted at step 9 of 400")


def shell(words, redirect, tmp_path, **settings):
    """The command in a process of its own, with the shell's redirections."""
    line = f'exec "{sys.executable}" -m tinyaudio {words} {redirect}'
    return subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, cwd=tmp_path, timeout=300, **settings
    )


@pytest.fixture
def recipe(tmp_path):
    return shutil.copy(SOURCE, tmp_path / "own_system.py")


@pytest.mark.parametrize(
    "redirect", ["<&- >&- 2>&-", pytest.param(">/dev/full", marks=pytest.mark.slow)]
)
def test_closed_and_full_streams_change_nothing(redirect, recipe, tmp_path):
    words = f"train --recipe own_system.py --out run {' '.join(SHORT)}"
    assert shell(words, redirect, tmp_path).returncode == 0
    assert safetensors.torch.load_file(tmp_path / "run" / "critic" / "model.safetensors")
    assert read_record(tmp_path / "run" / "state.safetensors")["step"] == 6


def test_training_goes_on_when_nobody_reads_it_under_a_name_that_is_not_utf8(
    recipe, tmp_path, monkeypatch, capsys
):
    odd = os.fsdecode(b"caf\xe9")
    words = f"train --recipe own_system.py --out '{odd}' --data '{odd}' {' '.join(SHORT)}"
    strict = os.environ | {"PYTHONIOENCODING": "utf-8:strict"}
    done = shell(words, "| head -n 1", tmp_path, env=strict)
    assert b"training own_system" in done.stdout and b"caf\\udce9" in done.stdout, done.stderr
    record = json.loads((tmp_path / odd / "run.json").read_bytes())
    assert record["data"]["folder"] == str(tmp_path / odd)
    assert read_record(tmp_path / odd / "state.safetensors")["step"] == 6
    monkeypatch.chdir(tmp_path)
    run(*shlex.split(words))  # the same command again, in this process
    assert "resuming own_system" in capsys.readouterr().out


def test_a_batch_that_memory_cannot_hold_is_refused_before_it_is_taken(recipe, capsys, tmp_path):
    assert 2**28 < available_bytes() < 2**44
    check_batch({"audio": torch.zeros(1, 100)}, 1_000)
    words = ["train", "--recipe", recipe, "--out", tmp_path / "run", "--device", "cpu"]
    run(*words, "--batch-size", 10**12, code=2)
    assert "a batch of 1000000000000 clips takes 264000.0 GB, of " in capsys.readouterr().err
    assert not (tmp_path / "run" / "state.safetensors").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux promises memory that is not there")
def test_an_allocation_beyond_what_is_free_fails_at_once():
    with limit_memory(), pytest.raises(RuntimeError) as error:
        torch.zeros(available_bytes() // 2), torch.zeros(available_bytes() // 2)
    message = out_of_memory(error.value)
    assert message.startswith("not enough memory (can't allocate memory: you tried to allocate")
    assert message.count("\n") == 0 and "lower --batch-size" in message


@pytest.mark.parametrize("device", ["meta", "cuda:7", "gpu9", ""])
def test_a_device_that_is_not_there_is_one_line(device, recipe, tmp_path, capsys):
    run("train", "--recipe", recipe, "--out", tmp_path / "run", "--device", device, code=2)
    error = capsys.readouterr().err
    assert f"device {device!r}" in error and "try --device cpu" in error
    assert error.count("\n") == 1
