"""A training process may be killed at any moment: run again, it ends with the very same weights."""

import random
import signal
import subprocess
import sys
import threading
import time

import pytest
import safetensors.torch
import torch

from tinyaudio.audio import save

SIZES = {
    "autoregressive": "--steps 90 --batch-size 2 --n-samples 600 --save-every 7 --eval-every 40",
    "wavenet": "--steps 60 --batch-size 2 --n-samples 600 --save-every 7 --eval-every 40",
    "vocoder": "--steps 60 --batch-size 2 --n-samples 512 --save-every 7 --eval-every 40",
    "wavegan": "--steps 60 --batch-size 2 --save-every 7 --eval-every 40",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three files of noise and tones."""
    folder = tmp_path_factory.mktemp("sounds")
    g = torch.Generator().manual_seed(0)
    for i in range(3):
        t = torch.arange(32_000) / 16_000
        clip = 0.3 * torch.sin(2 * torch.pi * 220 * (i + 1) * t) + 0.05 * torch.randn(
            32_000, generator=g
        )
        save(folder / f"{i}.wav", clip[None], 16_000)
    return folder


def start(recipe, folder, out):
    """Begin to train; returns the process once it stands at its first step, and that moment."""
    words = [
        sys.executable,
        "-m",
        "tinyaudio",
        "train",
        recipe,
        "--data",
        str(folder),
        "--out",
        str(out),
    ]
    process = subprocess.Popen(
        [*words, *SIZES[recipe].split(), "--device", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith(("training", "resuming")):
            # read on, or a full pipe would stop the process
            threading.Thread(target=lambda: lines.extend(process.stdout), daemon=True).start()
            return process, time.monotonic()
    raise AssertionError("".join(lines))


def result(out):
    """Every tensor that training leaves: weights, moments, averages, generators."""
    tensors = safetensors.torch.load_file(out / "state.safetensors")
    for weights in sorted(out.glob("*/model.safetensors")):
        tensors |= {
            f"{weights.parent.name}:{k}": v for k, v in safetensors.torch.load_file(weights).items()
        }
    return tensors


def check(recipe, n_kills, folder, tmp_path):
    process, began = start(recipe, folder, tmp_path / "unbroken")
    assert process.wait() == 0
    whole_s = time.monotonic() - began
    moments = random.Random(n_kills)
    killed, out = 0, tmp_path / "killed"
    while killed < n_kills:
        process, began = start(recipe, folder, out)
        # short enough lives that the work is not done before the last kill
        life_s = moments.uniform(0, 1.5 * whole_s / n_kills)
        try:
            process.wait(timeout=life_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
            killed += 1
        else:  # it finished first: begin anew, and count on
            (out / "state.safetensors").unlink()
    process, _ = start(recipe, folder, out)
    assert process.wait() == 0
    unbroken, broken = result(tmp_path / "unbroken"), result(out)
    assert unbroken.keys() == broken.keys() and len(unbroken) > 20
    for name, value in unbroken.items():
        assert torch.equal(value, broken[name]), name


def test_a_kill_leaves_no_trace(folder, tmp_path):
    check("autoregressive", 1, folder, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("recipe", "n_kills"),
    [("autoregressive", 10), ("wavegan", 10), ("wavenet", 10), ("vocoder", 10)],
)
def test_ten_kills_each_leave_no_trace(recipe, n_kills, folder, tmp_path):
    check(recipe, n_kills, folder, tmp_path)


def test_a_polite_stop_saves_the_step_it_was_at(folder, tmp_path):
    process, _ = start("autoregressive", folder, tmp_path / "run")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 130
    assert (tmp_path / "run" / "state.safetensors").exists()
    process, _ = start("autoregressive", folder, tmp_path / "run")
    assert process.wait() == 0
