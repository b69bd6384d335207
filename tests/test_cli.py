"""The command line: it does what it says, and a user's error is one line and exit code 2."""

import json
import runpy
import sys

import pytest
import torch

from tests.command import run
from tinyaudio.audio import load, save


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three little files of one's own: a mono, a stereo and one at another rate."""
    folder = tmp_path_factory.mktemp("sounds")
    g = torch.Generator().manual_seed(0)
    for i, (channels, rate) in enumerate([(1, 16_000), (2, 16_000), (1, 22_050)]):
        t = torch.arange(2 * rate) / rate
        clip = 0.4 * torch.sin(2 * torch.pi * 110 * (i + 2) * t) + 0.01 * torch.randn(
            len(t), generator=g
        )
        save(folder / f"{i}.wav", clip.expand(channels, -1), rate)
    return folder


SMALL = ["--batch-size", "2", "--device", "cpu", "--eval-every", "10"]


@pytest.fixture(scope="module")
def trained(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "mine"
    run(
        "train",
        "autoregressive",
        "--data",
        folder,
        "--out",
        out,
        "--steps",
        20,
        "--n-samples",
        800,
        *SMALL,
    )
    return out


def log(out):
    return [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]


def test_one_s_own_sound_is_learned(trained):
    held_out = [
        line["held_out/bits_per_sample"]
        for line in log(trained)
        if "held_out/bits_per_sample" in line
    ]
    assert held_out[0] == pytest.approx(8, abs=1e-3)
    assert held_out[0] > held_out[1] > held_out[2]
    about = json.loads((trained / "run.json").read_text())
    assert about["recipe"] == "autoregressive" and about["command"].startswith("tinyaudio")


def test_the_same_command_goes_on(folder, trained, capsys):
    before = log(trained)
    run(
        "train",
        "autoregressive",
        "--data",
        folder,
        "--out",
        trained,
        "--steps",
        20,
        "--n-samples",
        800,
        *SMALL,
    )
    assert "resuming" in capsys.readouterr().out
    assert log(trained) == before


def test_another_run_s_folder_is_left_alone(folder, trained, capsys):
    before = (trained / "state.safetensors").read_bytes()
    words = ["--data", folder, "--out", trained, "--steps", 20, "--n-samples", 800, "--seed", 1]
    run("train", "autoregressive", *words, *SMALL, code=2)
    assert "its seed is 0, not 1" in capsys.readouterr().err
    assert (trained / "state.safetensors").read_bytes() == before


def test_generate_writes_what_was_asked(trained, tmp_path, capsys):
    run(
        "generate",
        trained,
        "--out",
        tmp_path / "new.wav",
        "--seconds",
        0.02,
        "--seeds",
        1,
        2,
        "--device",
        "cpu",
    )
    clips = []
    for seed in (1, 2):
        clip, sample_rate = load(tmp_path / f"new-{seed}.wav")
        assert sample_rate == 16_000 and clip.shape == (1, 320)
        clips.append(clip)
    assert not torch.equal(*clips)
    run(
        "generate",
        trained,
        "--out",
        tmp_path / "again.wav",
        "--seconds",
        0.02,
        "--seeds",
        2,
        "--device",
        "cpu",
    )
    assert torch.equal(load(tmp_path / "again.wav")[0], clips[1])


def test_evaluate_agrees_with_the_training_log(trained, capsys):
    run("evaluate", trained, "--json", "--device", "cpu")
    score = json.loads(capsys.readouterr().out)["bits_per_sample"]
    assert score == pytest.approx(log(trained)[-1]["held_out/bits_per_sample"], abs=1e-4)


def test_without_a_folder_notes_are_learned_and_judged(tmp_path, capsys):
    run(
        "train",
        "autoregressive",
        "--out",
        tmp_path / "notes",
        "--steps",
        2,
        "--n-samples",
        800,
        *SMALL,
    )
    capsys.readouterr()
    run("evaluate", tmp_path / "notes", "--json", "--device", "cpu", "--clips", 32)
    score = json.loads(capsys.readouterr().out)["bits_per_sample"]
    assert score == pytest.approx(log(tmp_path / "notes")[-1]["held_out/bits_per_sample"], abs=1e-4)


def test_wavegan_trains_and_speaks(folder, tmp_path):
    run("train", "wavegan", "--data", folder, "--out", tmp_path / "gan", "--steps", 10, *SMALL)
    run("generate", tmp_path / "gan", "--out", tmp_path / "new.flac", "--device", "cpu")
    assert load(tmp_path / "new.flac")[0].shape == (1, 4096)
    run("generate", tmp_path / "gan", "--out", tmp_path / "long.wav", "--seconds", 3, code=2)


def test_data_check_names_what_is_left_out(folder, tmp_path, capsys):
    save(tmp_path / "silent.wav", torch.zeros(1, 8000), 16_000)
    save(tmp_path / "clipped.wav", (5 * torch.sin(torch.arange(8000.0)[None])).clamp(-1, 1), 16_000)
    save(tmp_path / "stereo.wav", 0.1 * torch.ones(2, 8000), 16_000)
    (tmp_path / "broken.wav").write_text("not a sound")
    run("data", "check", tmp_path)
    lines = {line.split(":")[0]: line for line in capsys.readouterr().out.splitlines()}
    assert "left out: " in lines["silent.wav"] and "is silent" in lines["silent.wav"]
    assert "clipped" in lines["clipped.wav"]
    assert "2 channels, mixed to one" in lines["stereo.wav"]
    assert "left out" in lines["broken.wav"]


def test_procedural_sound_is_written_with_its_labels(tmp_path, capsys):
    run("data", "notes", tmp_path / "notes", "--n", 2)
    labels = json.loads((tmp_path / "notes" / "labels.json").read_text())
    assert len(labels) == 2
    for name, label in labels.items():
        assert 24 <= label["pitch"] <= 84
        assert load(tmp_path / "notes" / name)[1] == 16_000


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("train autoregressive --data {no} --out {out}", "no such"),
        ("train autoregressive --data {empty} --out {out}", "no audio"),
        ("train autoregressive --data {sounds} --out {file}/run", "cannot be written"),
        ("train autoregressive --data {sounds} --out {out} --batch-size 0", "must be 1 or more"),
        (
            "train autoregressive --data {sounds} --out {out} --learning-rate -1",
            "must be 0 or more",
        ),
        ("train autoregressive --data {sounds} --out {out} --device gpu9", "cannot be used"),
        ("generate {empty} --out {out}.wav", "no run.json"),
        ("evaluate {no}", "no such folder"),
        ("data check {no}", "no such"),
    ],
)
def test_a_user_s_error_is_one_line(words, message, folder, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    places = {
        "no": tmp_path / "no",
        "empty": tmp_path / "empty",
        "file": tmp_path / "file",
        "out": tmp_path / "out",
    }
    run(*(word.format(sounds=folder, **places) for word in words.split()), code=2)
    error = capsys.readouterr().err.strip()
    assert error.startswith("tinyaudio: error: ") and message in error.lower() and "\n" not in error


def test_a_model_that_comes_with_the_package_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # where no folder is called so
    run(*"generate causal-notes --seconds 0.05 --out note.wav --device cpu".split())
    assert load(tmp_path / "note.wav")[0].shape == (1, 800)
    run(*"generate causal-notes --seconds 0.01 --out x.wav --pitch 60".split(), code=2)
    assert "--pitch: 'tinyaudio generate' cannot be asked for that" in capsys.readouterr().err
    run("evaluate", "causal-notes", "--json", "--device", "cpu", "--clips", 8)
    assert 3 < json.loads(capsys.readouterr().out)["bits_per_sample"] < 5


def test_options_may_stand_before_the_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run(*"generate --seeds 1 2 --seconds 0.01 --out note.wav causal-notes --device cpu".split())
    assert load("note-2.wav")[0].shape == (1, 160)
    run(*"evaluate --json --clips 1 causal-notes".split())
    run(*"generate --out note.wav runs/none".split(), code=2)
    assert "usage: tinyaudio" in capsys.readouterr().err


@pytest.mark.parametrize("words", ["", "fly", "train", "generate", "data notes x --n 0"])
def test_words_it_does_not_know_are_refused_with_usage(words, capsys):
    run(*words.split(), code=2)
    assert "usage: tinyaudio" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [
        "",
        "train",
        "train autoregressive",
        "train wavegan",
        "train wavenet",
        "generate",
        "evaluate",
        "data",
        "data notes",
    ],
)
def test_every_command_explains_itself(words, capsys):
    run(*words.split(), "--help")
    assert "usage: tinyaudio" in capsys.readouterr().out


def test_runs_as_a_module(monkeypatch, capsys):
    """As ``python -m tinyaudio`` does; `tests/test_run_faults.py` has it in processes of its own."""
    monkeypatch.setattr(sys, "argv", ["tinyaudio", "--version"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module("tinyaudio", run_name="__main__")
    assert stop.value.code == 0 and capsys.readouterr().out.startswith("tinyaudio ")
