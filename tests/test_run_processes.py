"""Runs on several processes: begun on two and gone on with on one, with a rank lost, wrong or without data."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from tests.command import exit_codes, processes, run
from tests.test_recipe import SOURCE, tensors
from tinyaudio.audio import save
from tinyaudio.resume import read_record

ROOT = Path(__file__).parents[1]
WORDS = "--batch-size 8 --device cpu --eval-every 100 --save-every 2 --steps".split()


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return Path(shutil.copy(SOURCE, tmp_path_factory.mktemp("own") / "own_system.py"))


def train(recipe, out, *more, steps=6, code=0):
    run("train", "--recipe", recipe, "--out", out, *WORDS, steps, *more, code=code)


def on_two(recipe, out, *more, steps=6, code=0):
    """The same on two processes; what each printed."""

    def work(rank):
        train(recipe, out, *more, steps=steps, code=code)

    out.parent.mkdir(exist_ok=True, parents=True)
    codes = exit_codes(work, out.parent)
    printed = [(out.parent / f"{rank}.txt").read_text() for rank in range(2)]
    assert codes == [0, 0], printed
    return printed


def assert_same_training(one, other):
    """Weights that differ by float32 rounding, which Adam's steps of 0.01 amplify, and equal generators."""
    a, b = tensors(one), tensors(other)
    assert a.keys() == b.keys()
    for name, value in a.items():
        if "random" in name:
            assert torch.equal(value, b[name])
        else:
            torch.testing.assert_close(value, b[name], rtol=1e-3, atol=1e-4)


def test_a_run_goes_on_with_another_number_of_processes(recipe, tmp_path):
    whole = tmp_path / "whole"
    train(recipe, whole)
    two = tmp_path / "a" / "two"
    first, second = on_two(recipe, two, "--minutes", 1e-9)  # all stop at the same step
    assert "stopped at step 1 of 6" in first and not second
    train(recipe, two, "--minutes", 1e-9)
    assert read_record(two / "state.safetensors")["step"] == 2
    on_two(recipe, two)
    assert_same_training(whole, two)
    parts = tmp_path / "parts"
    train(recipe, parts, "--accumulate", 4)
    assert_same_training(whole, parts)


def test_a_killed_rank_ends_the_run_with_a_line_and_a_good_checkpoint(recipe, tmp_path):
    out = tmp_path / "run"

    def work(rank):
        run("train", "--recipe", recipe, "--out", out, *WORDS, 100_000, code=2)

    with processes(work, tmp_path) as (main, other):
        deadline = time.monotonic() + 120
        while not (out / "generator" / "model.safetensors").exists():
            assert time.monotonic() < deadline and main.is_alive(), (tmp_path / "0.txt").read_text()
            time.sleep(0.05)
        os.kill(other.pid, signal.SIGKILL)
    assert (main.exitcode, other.exitcode) == (0, -signal.SIGKILL)  # its code was 2, see `work`
    last = (tmp_path / "0.txt").read_text().splitlines()[-1]
    assert last.startswith("tinyaudio: error: another process of this run has ended")
    assert "the same command resumes" in last
    step = read_record(out / "state.safetensors")["step"]
    assert step >= 2 and step % 2 == 0
    run("train", "--recipe", recipe, "--out", out, *WORDS, 100_000, "--minutes", 1e-9)
    assert read_record(out / "state.safetensors")["step"] == step + 1


def errors(printed):
    return [[x for x in p.splitlines() if x.startswith("tinyaudio: error")] for p in printed]


def test_a_batch_that_two_processes_cannot_share_is_refused(recipe, tmp_path):
    printed = on_two(recipe, tmp_path / "run", "--batch-size", 1, code=2)
    line = "--batch-size 1: cannot be divided evenly among 2 processes; "
    assert all(line in error for (error,) in errors(printed))
    train(recipe, tmp_path / "run", "--accumulate", 3, code=2)


def test_a_rank_without_data_and_one_with_less_are_named_on_all(recipe, tmp_path):
    for rank, n in ((0, 3), (1, 2)):
        (tmp_path / str(rank)).mkdir()
        for i in range(n):
            save(tmp_path / str(rank) / f"{i}.wav", torch.rand(1, 16_000) - 0.5, 16_000)
    (tmp_path / "empty").mkdir()

    def work(rank, folders=("0", "empty")):
        words = "train autoregressive --batch-size 2 --n-samples 600 --device cpu --steps 1".split()
        run(*words, "--data", tmp_path / folders[rank], "--out", tmp_path / "run", code=2)

    assert exit_codes(work, tmp_path) == [0, 0]
    for (error,) in errors([(tmp_path / f"{rank}.txt").read_text() for rank in range(2)]):
        assert "rank 1 of 2 processes: " in error and "empty" in error
    assert exit_codes(lambda rank: work(rank, ("0", "1")), tmp_path) == [0, 0]
    for (error,) in errors([(tmp_path / f"{rank}.txt").read_text() for rank in range(2)]):
        assert "rank 1 has another sound" in error and "rank 0" in error


def test_ranks_with_different_code_are_refused(recipe, tmp_path):
    def work(rank):
        if rank:
            sys.modules["tinyaudio.processes"].code_digest = lambda: "0123abcd"
        train(recipe, tmp_path / "run", code=2)

    assert exit_codes(work, tmp_path) == [0, 0]
    for (error,) in errors([(tmp_path / f"{rank}.txt").read_text() for rank in range(2)]):
        assert "rank 1 has another code (0123abcd) than rank 0 (" in error


@pytest.mark.slow
def test_torchrun_ends_all_when_a_rank_is_killed(recipe, tmp_path):
    out = tmp_path / "run"
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node=2"]
    command += ["--master_port=0", "-m", "tinyaudio", "train", "--recipe", str(recipe)]
    command += ["--out", str(out), *WORDS, "100000"]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    launched = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    while not (out / "generator" / "model.safetensors").exists():
        assert launched.poll() is None
        time.sleep(0.2)
    children = subprocess.run(
        ["ps", "--ppid", str(launched.pid), "-o", "pid="], capture_output=True, text=True
    ).stdout.split()
    os.kill(int(children[-1]), signal.SIGKILL)
    printed, _ = launched.communicate(timeout=120)
    assert launched.returncode != 0
    assert "another process of this run has ended" in printed or "interrupted" in printed, printed
    assert read_record(out / "state.safetensors")["step"] >= 2
