"""The benchmark of notes: controls that bound each other, runs asked for seeds and pitches, and the speed."""

import json
import math
import sys
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from benchmarks import gansynth, gansynth_scores, gansynth_speed
from benchmarks.gansynth_controls import Magnitudes, expected_frequency
from benchmarks.gansynth_scores import NoteSet, Scores, levels, n_bands, real_notes
from tinyaudio import checkpoints
from tinyaudio.audio.pitch import midi_to_hz
from tinyaudio.errors import UserError
from tinyaudio.models.pitch_classifier import (
    PitchClassifier,
    PitchClassifierConfig,
    pitch_classes,
)
from tinyaudio.models.wavenet import WaveNet, WaveNetConfig
from tinyaudio.represent.gansynth_image import RANGE, ImageConfig, to_audio, to_image
from tinyaudio.represent.log_frequency import log_frequency

IMAGE = ImageConfig.small()
LENGTH = IMAGE.n_samples
METRICS = {
    *("ndb", "fid", "fd_spectrum", "fd_spectrum_8_khz", "inception_score", "coverage", "precision"),
    *("nearest_train_ratio", "pitch_accuracy_of_real", "pitch_accuracy_interval", "pitch_entropy"),
    "diversity_of_real",
}
CONTROLS = {"real", "real_held_out", "real_image", "mean_note", "pca_gaussian"}


@pytest.fixture(scope="module")
def notes():
    """Training and validation notes of three pitches."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gansynth_scores, "PITCHES", (60, 62))
        return real_notes("train", 90, LENGTH), real_notes("valid", 60, LENGTH)


@pytest.fixture(scope="module")
def classifier(notes):
    """A small one that learned from these notes."""
    torch.manual_seed(0)
    config = PitchClassifierConfig(channels=4, candidate_channels=8, n_features=8)
    net, (train, _) = PitchClassifier(config), notes
    frames, classes = log_frequency(train.clips, 16_000), pitch_classes(train.pitches)
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(30):
        adam.zero_grad()
        F.cross_entropy(net.logits(net.features_of_frames(frames)), classes).backward()
        adam.step()
    return net.eval()


@pytest.fixture
def few(monkeypatch, classifier):
    """Small enough for a test."""
    monkeypatch.setattr(gansynth_scores, "N_COMPONENTS", 6)
    monkeypatch.setattr(gansynth_scores, "N_CLUSTERS", 8)
    monkeypatch.setattr(gansynth_scores, "PITCHES", (60, 62))
    monkeypatch.setattr(gansynth, "N_TRAINING", 90)
    monkeypatch.setattr(checkpoints, "pretrained", lambda name: classifier)


def tones(config, models, *, seeds=(0,), pitch=60):
    """A generator: the pitch exactly, and as loud as the seed says."""
    wave = torch.sin(2 * math.pi * midi_to_hz(pitch) / 16_000 * torch.arange(float(LENGTH)))
    return [torch.stack([wave[None] / (2 + seed % 7) for seed in seeds])]


def test_the_expected_frequency_is_that_of_a_harmonic_tone():
    """At the bins of its harmonics, the image of a tone; and played with its magnitude, the tone."""
    hz, t = midi_to_hz(57), torch.arange(float(LENGTH)) / 16_000
    tone = sum(torch.cos(2 * math.pi * k * hz * t) for k in range(1, 8))[None, None] / 10
    image = to_image(tone, IMAGE)[0]
    expected = expected_frequency(57, IMAGE)
    loud = image[0, 5:25] > 0.2
    turn = (image[1] - expected)[5:25][loud] / RANGE
    assert loud.sum() > 100 and (turn - 2 * (turn / 2).round()).abs().max() < 0.01
    played = to_audio(torch.stack([image[0], expected])[None], IMAGE)
    middle = slice(1_024, -1_024)
    similarity = torch.cosine_similarity(played[..., middle], tone[..., middle], dim=2)
    assert similarity.item() > 0.98


def test_the_mean_note_is_one_a_pitch_and_the_gaussian_varies_as_the_notes_do(notes):
    train, _ = notes
    model = Magnitudes(train.clips, train.pitches, IMAGE)
    pitches = torch.tensor([60, 60, 61])
    first, again, other = model.play(pitches)
    assert torch.equal(first, again) and not torch.equal(first, other)
    draws = torch.randn(200, 24, generator=torch.Generator().manual_seed(0))
    images = to_image(model.play(torch.full((200,), 60), draws), IMAGE)[:, 0]
    real = to_image(train.clips[train.pitches == 60], IMAGE)[:, 0]
    # Where notes are loud in the mean: an image that no sound has is changed by the way to sound and back.
    loud = real.mean(0) > 0
    ratio = images.var(0)[loud].mean() / real.var(0)[loud].mean()
    assert 0.6 < ratio < 1.4
    assert (images.mean(0) - real.mean(0))[loud].abs().mean() < 0.1


def test_rows_tell_copies_noise_and_the_reference(few, notes, classifier):
    train, reference = notes
    scores = Scores(train, reference, classifier)
    same, copies = scores.row(reference), scores.row(train)
    assert set(same) == METRICS
    assert same["fid"] == same["fd_spectrum"] == pytest.approx(0, abs=1e-2)
    assert same["coverage"] == same["precision"] == 1
    assert same["nearest_train_ratio"] == same["diversity_of_real"] == 1
    assert copies["nearest_train_ratio"] == 0 and copies["ndb"] == 0
    noise = 0.1 * torch.randn(60, 1, LENGTH, generator=torch.Generator().manual_seed(0))
    noisy = scores.row(replace(reference, clips=noise))
    assert noisy["fd_spectrum"] > 10 * copies["fd_spectrum"] and noisy["coverage"] < 0.2
    unasked = scores.row(NoteSet(noise, None))
    assert unasked["pitch_accuracy_of_real"] is unasked["diversity_of_real"] is None
    assert unasked["fid"] == noisy["fid"]


def test_what_lies_above_4_khz_counts_in_the_full_band_alone(few, notes, classifier):
    train, reference = notes
    scores = Scores(train, reference, classifier)
    whistle = 0.3 * torch.sin(2 * math.pi * 6_000 / 16_000 * torch.arange(float(LENGTH)))
    row = scores.row(replace(reference, clips=reference.clips + whistle))
    assert row["fd_spectrum"] < 0.1 * row["fd_spectrum_8_khz"]
    assert 50 < n_bands() < 80 and levels(reference.clips[:1]).shape[1] == 80


def test_a_run_is_asked_for_the_reference_s_pitches_and_a_seed_a_note(run_with):
    asked = []

    def generate(config, models, *, seeds=(0,), pitch=60, family="brass", seconds=1.0):
        asked.append((pitch, family, tuple(seeds), seconds))
        return tones(config, models, seeds=seeds, pitch=pitch)

    like = NoteSet(torch.zeros(5, 1, LENGTH), torch.tensor([60, 61, 60, 60, 61]), tuple("aabab"))
    made = gansynth.generated(run_with(generate), like, LENGTH, 100)
    seconds = LENGTH / 16_000
    assert asked == [
        (60, "a", (100, 103), seconds),
        (61, "a", (101,), seconds),
        (60, "b", (102,), seconds),
        (61, "b", (104,), seconds),
    ]
    for i, pitch in enumerate(like.pitches.tolist()):
        assert torch.equal(made.clips[i], tones(None, None, seeds=(100 + i,), pitch=pitch)[0][0])
    assert torch.equal(made.pitches, like.pitches)
    unasked = run_with(lambda config, models, *, seeds=(0,): tones(config, models, seeds=seeds))
    assert gansynth.generated(unasked, like, LENGTH).pitches is None


def test_runs_of_other_lengths_and_rates_are_refused(run_with):
    like = NoteSet(torch.zeros(1, 1, LENGTH), torch.tensor([60]), ("brass",))
    short = run_with(lambda config, models, *, seeds=(0,): [torch.zeros(1, 1, 4_096)])
    with pytest.raises(UserError, match="whose clips have 4096 samples; the rows' have 15872"):
        gansynth.generated(short, like, LENGTH)
    with pytest.raises(UserError, match="a run at 8000 Hz; the rows are at 16000 Hz"):
        gansynth.generated(run_with(tones, 8_000), like, LENGTH)


@pytest.mark.usefixtures("one_thread")
def test_the_command_with_the_shipped_run_and_with_more(
    few, open_as, run_with, monkeypatch, capsys
):
    def quiet(config, models, *, seeds=(0,), pitch=60):
        return [0.01 * tones(config, models, seeds=seeds, pitch=pitch)[0]]

    runs = {"gansynth-small": run_with(tones), "second": run_with(quiet), "gan": run_with(quiet)}
    open_as(**runs)
    monkeypatch.setattr(
        gansynth, "speed", lambda generate, n_samples: {"made": len(generate(3)[0])}
    )
    words = ["gansynth", "--json", "--notes", "40", "--validation"]
    rows = {}
    for more in ([], ["--gansynth", "gansynth-small", "second", "--if", "gan"]):
        monkeypatch.setattr(sys, "argv", [*words, *more])
        gansynth.main()
        rows = json.loads(capsys.readouterr().out)
        assert all(set(rows[name]) == METRICS for name in CONTROLS)
        empty = {name for name in gansynth.OPTIONAL if rows[name] is None}
        assert empty == {*gansynth.OPTIONAL} - ({"if"} if more else set())
    assert rows["speed"] == {"made": 3} and len(rows["gansynth_seeds"]) == 2
    # The worse of two seeds is the row.
    assert rows["gansynth"] == max(rows["gansynth_seeds"], key=lambda row: row["fd_spectrum"])
    assert rows["if"]["fd_spectrum"] == rows["gansynth_seeds"][1]["fd_spectrum"]
    # One note a pitch: no diversity, and few notes covered.
    assert (
        rows["mean_note"]["diversity_of_real"]
        < 0.1
        < 0.5
        < rows["pca_gaussian"]["diversity_of_real"]
    )
    assert rows["mean_note"]["coverage"] < rows["real_held_out"]["coverage"]
    assert rows["mean_note"]["fd_spectrum"] > rows["pca_gaussian"]["fd_spectrum"]


@pytest.mark.usefixtures("one_thread")
def test_speed_is_in_seconds_of_notes_of_equal_length(monkeypatch):
    for name, n in (("N_NAIVE", 4), ("N_CACHED", 10), ("N_NATIVE", 40), ("MANY", 3), ("ROUNDS", 1)):
        monkeypatch.setattr(gansynth_speed, name, n)
    torch.manual_seed(0)
    net = WaveNet(WaveNetConfig(stacks=1, layers=6, residual_channels=16, gate_channels=16))
    weights = torch.randn(400, 400)
    made = []

    def generate(n):
        made.append(n)
        return [weights @ weights for _ in range(10 * n)]

    found = gansynth_speed.speed(generate, 1_000, net)
    assert made == [1, 1, 3, 3] and found["paper"] == 53_880
    assert found["seconds_of_64"] > 1.5 * found["seconds_of_one"] > 0
    twice = gansynth_speed.naive_seconds(net, 400) / gansynth_speed.naive_seconds(net, 100)
    assert 2 < twice < 8  # four times as many samples
    names = ("naive", "cached", "native")
    assert all(found[f"{name}_over_gansynth_{n}"] > 0 for name in names for n in ("one", "64"))


def test_a_classifier_that_hears_no_pitch_is_refused(few, notes):
    torch.manual_seed(0)
    untrained = PitchClassifier(PitchClassifierConfig(n_features=8)).eval()
    with torch.no_grad():
        untrained.logits.bias[0] = 100  # always pitch 24
    with pytest.raises(UserError, match="hears the pitch of no real note"):
        Scores(*notes, untrained)
