"""The rows of singing-voice conversion: pairs in one key, and controls of which the value is known."""

import pytest
import torch

from benchmarks import singing_scores
from benchmarks.conversion_scores import scored
from benchmarks.singing_scores import classifiers, mean_spectrum, pairs, rows
from tinyaudio.audio import load
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.metrics.conversion import distance_ratio, pitch_kept
from tinyaudio.recipe import Recipe
from tinyaudio.recipes.speakers import SpeakersConfig


@pytest.fixture
def quick(monkeypatch):
    """Classifiers that learn from a few clips."""
    monkeypatch.setattr(singing_scores, "N_PHONE_CLIPS", 6)
    monkeypatch.setattr(singing_scores, "N_SINGER_CLIPS", 2)
    monkeypatch.setattr(singing_scores, "N_STEPS", 50)
    classifiers.cache_clear()
    yield
    classifiers.cache_clear()


def test_pairs_are_parallel_in_one_key_and_nobody_is_converted_to_themselves():
    found = pairs((0, 1), (0, 1), 2, 16_000)
    assert [one.target for one in found] == [1, 0]
    for one in found:
        assert one.source.shape == one.reference.clip.shape
        assert not one.source.equal(one.reference.clip)
    # The man's source is in the man's key, five semitones down, and so is the woman's reference.
    from tinyaudio.data.voices import melody, speaker, voice

    again = voice(speaker(1), melody(singing_scores.FIRST_MELODY), transpose=-5)
    assert torch.equal(again.clip, found[0].reference.clip)


def test_the_reference_is_perfect_and_the_source_is_none(quick):
    few, judges = pairs((0, 1), (0, 1), 4, 16_000), classifiers((0, 1), 16_000)
    best = scored(lambda pair: pair.reference.clip, few, (0, 1), 16_000, judges)
    none = scored(lambda pair: pair.source, few, (0, 1), 16_000, judges)
    assert best["distance_ratio"] == 0 and best["content_kept"] == 1 and best["pitch_kept"] > 0.9
    assert none["distance_ratio"] == 1
    # In another's key a singer is still that singer, and the source has the melody.
    assert none["target_speaker_accuracy"] < best["target_speaker_accuracy"]
    assert none["pitch_kept"] > 0.8


def test_the_control_without_a_network_moves_the_spectrum_and_keeps_the_melody():
    (pair,) = pairs((0,), (1,), 1, 16_000)
    made = mean_spectrum((1,), 16_000)(pair)
    assert made.shape == pair.source.shape and made.abs().max() <= 1
    assert distance_ratio(made, pair.source, pair.reference.clip, 16_000) < 1.3
    assert pitch_kept(made, pair.reference.f0_hz, pair.reference.voiced, 16_000) > 0.7


@pytest.mark.slow
def test_a_run_that_is_not_there_is_none_and_the_others_stand_beside_their_controls(quick):
    config = SpeakersConfig(sample_rate=8_000, speakers=("0", "1"))

    def convert(config, models, *, source="", to=""):
        return iter([torch.zeros_like(load(source)[0])[None]])

    recipe = Recipe(
        name="silent",
        description="Makes silence.",
        sizes={"tiny": config},
        dataset=lambda config, split, folder: [],
        learners=lambda config: [],
        evaluate=lambda config, models, batches: {},
        commands={"convert": convert},
    )
    run = TrainedRun(recipe, config, {}, {})
    found = rows({"phase1": None, "phase2": run}, 1, "_wavenet")
    assert found["singer_phase1_wavenet"] is None
    beside = {f"singer_{name}_wavenet" for name in ("phase2", "unconverted", "mean_spectrum")}
    assert set(found) == beside | {"singer_phase1_wavenet"}
    assert found["singer_phase2_wavenet"]["voiced_kept"] == 0
    assert found["singer_unconverted_wavenet"]["voiced_kept"] > 0.8
    nothing = rows({"phase1": None, "phase2": None}, 1)
    assert nothing == {"singer_phase1": None, "singer_phase2": None}
