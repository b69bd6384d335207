"""The benchmark of timbre: its measures, the ends of every interpolation, and rows on untrained runs."""

import json
import sys
from dataclasses import replace

import pytest
import torch

from benchmarks import timbre
from benchmarks.asked_pitch import asked, real
from benchmarks.timbre_scores import Autoencoder, compared, level_course
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.data.note_crops import NoteSelection
from tinyaudio.models.dilated_encoder import DilatedEncoderConfig
from tinyaudio.models.wavenet import WaveNetConfig
from tinyaudio.models.wavenet_autoencoder import WaveNetAutoencoderConfig
from tinyaudio.recipe import networks
from tinyaudio.recipes import wavenet, wavenet_autoencoder

RATE = 8_000
FEW = NoteSelection(("flute", "organ"), (60, 62), velocities=(100,))
KEYS = {"pitch", "harmonics_error_db", "log_mel_db", "level_course"}
NET = WaveNetConfig(stacks=1, layers=3, residual_channels=8, gate_channels=8, skip_channels=8)


def untrained(module, **settings):
    """A run that was stopped before its first step."""
    config = replace(module.RECIPE.sizes["narrow"], notes=FEW, fused=False, **settings)
    torch.manual_seed(0)
    models = networks(module.RECIPE.learners(config))
    for net in models.values():
        net.eval()
    return TrainedRun(module.RECIPE, config, models, {})


@pytest.fixture(scope="module")
def run():
    """Of the autoencoder."""
    encoder = DilatedEncoderConfig(8, 4, (1, 2), hop_length=256)
    return untrained(wavenet_autoencoder, model=WaveNetAutoencoderConfig(encoder, NET))


@pytest.fixture(scope="module")
def classes_run():
    """Of the WaveNet that is given family and pitch."""
    return untrained(wavenet, model=replace(NET, condition=wavenet.FAMILY_AND_PITCH))


def test_the_course_of_the_level_tells_a_decay_from_a_swell_and_a_steady_tone_tells_nothing():
    noise = torch.randn(RATE, generator=torch.Generator().manual_seed(0))
    decay = torch.logspace(0, -2, RATE)
    assert level_course(0.1 * noise * decay, noise * decay, RATE) == pytest.approx(1, abs=1e-4)
    assert level_course(noise * decay.flip(0), noise * decay, RATE) < -0.9
    assert level_course(torch.ones(RATE), noise * decay, RATE) == 0


def test_a_note_is_itself_and_another_instrument_s_is_not():
    notes = asked(FEW)[:2]
    one, other = (real(notes, RATE, "test", which, 100) for which in (0, 1))
    same, different = (compared(clips, one, notes, RATE) for clips in (one, other))
    assert set(same) == KEYS
    assert same["harmonics_error_db"] == same["log_mel_db"] == 0 and same["level_course"] == 1
    assert different["harmonics_error_db"] > 1 and different["log_mel_db"] > 1
    assert same["pitch"] == 1


def test_noise_with_the_note_s_levels_is_near_it_by_levels_alone():
    """No key ranks alone: it is nearer in log mel than the same note by another instrument."""
    notes = asked(FEW)[:2]
    originals, others = (real(notes, RATE, "test", which, 100) for which in (0, 1))
    noise = [timbre.noise_like(clip, RATE) for clip in originals]
    row, other = (compared(clips, originals, notes, RATE) for clips in (noise, others))
    assert row["level_course"] > 0.9 and row["log_mel_db"] < other["log_mel_db"]


def test_two_families_meet_at_pitches_that_both_play():
    assert timbre.pairs(asked(FEW), 2) == [
        (("flute", 60), ("organ", 60)),
        (("flute", 62), ("organ", 62)),
    ]
    assert len(timbre.pairs(asked(wavenet.NARROW.notes), 5)) == 15
    assert timbre.spread([1, 2, 3, 4, 5], 3) == [1, 3, 5] and timbre.spread([1, 2], 9) == [1, 2]


def test_every_control_begins_at_one_sound_and_ends_at_the_other(run):
    ways = timbre.ways_between(Autoencoder(run, 0.85), RATE)
    controls = {name: ways[name] for name in ("crossfade", "additive")}
    rows = timbre.interpolation(controls, timbre.pairs(asked(FEW), 1), RATE, 100)
    for row in rows.values():
        assert list(row) == ["0", "0.25", "0.5", "0.75", "1"]
        assert row["0"]["from_first_db"] < 1 < row["0"]["from_second_db"]
        assert row["1"]["from_second_db"] < 1 < row["1"]["from_first_db"]
        assert all(one["pitch"] == 1 for one in row.values())
    # The additive tone is between the two in dB; the louder part of a sum hides the other.
    assert (
        rows["additive"]["0.5"]["from_between_db"] < 1 < rows["crossfade"]["0.5"]["from_between_db"]
    )


@pytest.mark.usefixtures("one_thread")
def test_the_command(run, classes_run, open_as, monkeypatch, capsys):
    open_as(mine=run, classes=classes_run)
    monkeypatch.setattr(timbre, "MIXES", (0.0, 1.0))
    words = [
        "--json",
        "--run",
        "mine",
        "--classes-run",
        "classes",
        "--notes",
        "1",
        "--pitches",
        "1",
    ]
    monkeypatch.setattr(sys, "argv", ["timbre", *words])
    timbre.main()
    found = json.loads(capsys.readouterr().out)
    rows = found["reconstruction"]
    networks_of = {"autoencoder", "zero_latents", "wavenet_notes"}
    assert set(rows) == networks_of | {"other_instrument", "noise"} and found["notes"] == 1
    for name, row in rows.items():
        assert set(row) == KEYS | ({"bits_per_sample"} if name in networks_of else set())
    assert all(rows[name]["bits_per_sample"] == 8 for name in networks_of)  # untrained: uniform
    assert set(found["interpolation"]) == {"autoencoder", "crossfade", "additive"}


def test_runs_that_cannot_be_compared_are_refused(run, classes_run, open_as, monkeypatch, capsys):
    other = replace(classes_run.config, sample_rate=16_000)
    open_as(mine=run, classes=classes_run, fast=replace(classes_run, config=other))
    for given, message in [
        (["--run", "classes", "--classes-run", "classes"], "not a WaveNetAutoencoder"),
        (["--run", "mine", "--classes-run", "mine"], "has no option --family"),
        (["--run", "mine", "--classes-run", "fast"], "at 16000 Hz, and --run at 8000 Hz"),
    ]:
        monkeypatch.setattr(sys, "argv", ["timbre", *given])
        with pytest.raises(SystemExit, match=message):
            timbre.main()
