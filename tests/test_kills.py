"""A training process may be killed at any moment: run again, it ends with the very same weights."""

import multiprocessing
import os
import random
import signal
import sys
import threading
import time

import pytest
import safetensors.torch
import torch
import torch._dynamo  # optimizers do, so that every child would

from tinyaudio import run
from tinyaudio.audio import save
from tinyaudio.cli import main
from tinyaudio.resume import read_record

SIZES = {
    "autoregressive": "--batch-size 2 --n-samples 600",
    "wavenet": "--batch-size 2 --n-samples 600",
    "vocoder": "--batch-size 2 --n-samples 512",
    "diffwave": "--batch-size 2 --n-samples 512",
    "wavegrad": "--batch-size 2 --n-samples 512",
    "wavegan": "--batch-size 2",
    "vqvae": "--batch-size 2 --n-samples 8192 --n-codes 16",
    "hifigan": "--batch-size 2 --n-samples 1024",
    "univnet": "--batch-size 2 --n-samples 1024",
    "waveglow": "--batch-size 2 --n-samples 1024",
    "mugan": "--batch-size 2 --n-sounds 4",  # three learners
    "upsampling": "--batch-size 2 --n-sounds 4",
}
PROCEDURAL = ("mugan", "upsampling")  # the folder's files are at too low a rate for them


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Noise and tones, two files in each of three folders: the speakers of the recipes that ask for them."""
    folder = tmp_path_factory.mktemp("sounds")
    g = torch.Generator().manual_seed(0)
    for i in range(3):
        t = torch.arange(32_000) / 16_000
        clip = 0.3 * torch.sin(2 * torch.pi * 220 * (i + 1) * t) + 0.05 * torch.randn(
            32_000, generator=g
        )
        save(folder / str(i) / "a.wav", clip[None], 16_000)
        save(folder / str(i) / "b.wav", clip[None, 8_000:], 16_000)
    return folder


def train(words, output):
    """What a child does; its output goes into a pipe."""
    os.dup2(output, 1)
    sys.stdout = open(1, "w", buffering=1, closefd=False)
    main(words)


def start(recipe, folder, out, steps):
    """Begin to train; returns the process once it stands at its first step, and that moment.

    A fork of this process, which has imported everything; a kill is the same to it.
    """
    words = f"train {recipe} --out {out} --device cpu {SIZES[recipe]}"
    words += "" if recipe in PROCEDURAL else f" --data {folder}"
    words += f" --steps {steps} --save-every 7 --eval-every {steps // 2}"
    reading, writing = os.pipe()
    process = multiprocessing.get_context("fork").Process(
        target=train, args=(words.split(), writing)
    )
    process.start()
    os.close(writing)
    output, lines = open(reading), []
    for line in output:
        lines.append(line)
        if line.startswith(("training", "resuming")):
            # read on, or a full pipe would stop the process
            threading.Thread(target=lambda: lines.extend(output), daemon=True).start()
            return process, time.monotonic()
    raise AssertionError("".join(lines))


def wait(process, timeout=None):
    """Its exit code; None while it runs."""
    process.join(timeout)
    return process.exitcode


def result(out):
    """Every tensor that training leaves: weights, moments, averages, generators."""
    tensors = safetensors.torch.load_file(out / "state.safetensors")
    for weights in sorted(out.glob("*/model.safetensors")):
        tensors |= {
            f"{weights.parent.name}:{k}": v for k, v in safetensors.torch.load_file(weights).items()
        }
    return tensors


def check(recipe, n_kills, steps, folder, tmp_path):
    process, began = start(recipe, folder, tmp_path / "unbroken", steps)
    assert wait(process) == 0
    whole_s = time.monotonic() - began
    moments = random.Random(n_kills)
    killed, out = 0, tmp_path / "killed"
    while killed < n_kills:
        process, began = start(recipe, folder, out, steps)
        # short enough lives that the work is not done before the last kill
        if wait(process, timeout=moments.uniform(0, 1.5 * whole_s / n_kills)) is None:
            process.kill()
            assert wait(process) == -signal.SIGKILL
            killed += 1
        else:  # it finished first: begin anew, and count on
            (out / "state.safetensors").unlink()
    process, _ = start(recipe, folder, out, steps)
    assert wait(process) == 0
    unbroken, broken = result(tmp_path / "unbroken"), result(out)
    assert unbroken.keys() == broken.keys() and len(unbroken) > 20
    for name, value in unbroken.items():
        assert torch.equal(value, broken[name]), name


def test_a_kill_leaves_no_trace(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "EVAL_CLIPS", 2)  # which the children inherit
    check("autoregressive", 1, 16, folder, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", SIZES)
def test_ten_kills_each_leave_no_trace(recipe, folder, tmp_path):
    check(recipe, 10, 60, folder, tmp_path)


def test_a_polite_stop_saves_the_step_it_was_at(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "EVAL_CLIPS", 2)
    process, _ = start("autoregressive", folder, tmp_path / "run", 24)
    process.terminate()
    assert wait(process, timeout=60) == 130
    state = tmp_path / "run" / "state.safetensors"
    assert read_record(state)["step"] < 24
    process, _ = start("autoregressive", folder, tmp_path / "run", 24)
    assert wait(process) == 0
    assert read_record(state)["step"] == 24
