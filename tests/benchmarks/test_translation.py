"""The benchmark of translation on a small run: rows, keys, and controls of which the value is known."""

import math

import pytest
import torch

from benchmarks import translation_scores
from benchmarks.translation_scores import (
    classifier,
    domain_probe,
    equalized,
    interval,
    measure,
    pairs,
    score_hz,
    scored,
)
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.models.mel_translation import MelTranslationConfig
from tinyaudio.recipes import translation

KEYS = {
    "distance_ratio",
    "target_instrument_accuracy",
    "pitch_kept",
    "voiced_kept",
    "content_kept",
    "distance_ratio_share",
    "pitch_kept_share",
    "content_kept_share",
}


@pytest.fixture
def run(monkeypatch):
    """Two instruments and a small untrained network; classifiers learn from a few melodies."""
    monkeypatch.setattr(translation_scores, "N_LEARNED", 6)
    monkeypatch.setattr(translation_scores, "N_PROBED", 6)
    config = translation.Config(
        domains=("flute", "guitar"), model=MelTranslationConfig(latent_channels=8, channels=8)
    )
    nets = {one.name: one.module.eval() for one in translation.RECIPE.learners(config)}
    return TrainedRun(translation.RECIPE, config, nets, {})


def test_pairs_are_parallel_and_follow_the_score(run):
    found = pairs(run, 3)
    assert [(one.source_domain, one.target) for one in found] == [(0, 1), (1, 0), (0, 1)]
    for one in found:
        assert one.source.shape == one.reference.shape == (1, 64_000)
        assert not one.source.equal(one.reference)
        assert one.f0_hz.shape == (251,) and 0.3 < (~one.f0_hz.isnan()).float().mean() < 1


def test_the_pitch_of_a_score_begins_after_the_onset_and_ends_with_the_key():
    pitch = score_hz([[0.1, 0.5, 69, 100], [0.5, 0.3, 57, 100]], 16_000, 16_000)
    times = torch.arange(len(pitch)) * 256 / 16_000
    assert (pitch[(times >= 0.15) & (times < 0.49)] == 440).all()
    assert (pitch[(times >= 0.55) & (times < 0.79)] == 220).all()
    assert pitch[(times < 0.13) | ((times >= 0.5) & (times < 0.53)) | (times > 0.81)].isnan().all()


def test_the_reference_itself_is_a_perfect_translation_and_the_source_is_none(run):
    few, who = pairs(run, 2), classifier(run)
    best = scored(lambda pair: pair.reference, few, who, 16_000)
    none = scored(lambda pair: pair.source, few, who, 16_000)
    assert set(best) == set(none) == KEYS
    assert best["distance_ratio"] == 0 and best["pitch_kept"] > 0.9 and best["voiced_kept"] > 0.9
    assert none["distance_ratio"] == 1 and none["distance_ratio_share"] == 0
    assert none["target_instrument_accuracy"] == 0 and best["target_instrument_accuracy"] == 1
    assert best["content_kept"] is None and none["content_kept_share"] is None


def test_the_equalizer_moves_the_envelope_and_keeps_the_pitch(run):
    from benchmarks.translation_scores import mean_envelope

    way, (pair,) = equalized(run), pairs(run, 1)
    made = way(pair)
    assert made.shape == pair.source.shape and made.abs().max() <= 1
    before, after, wanted = (
        mean_envelope(one, 16_000) for one in (pair.source, made, pair.reference)
    )
    assert (after - wanted).abs().mean() < 0.7 * (before - wanted).abs().mean()
    row = scored(way, [pair], classifier(run), 16_000)
    assert row["pitch_kept"] > 0.8


def test_frames_say_the_instrument(run):
    found = domain_probe(run)
    assert found["chance"] == 0.5 and found["frames"] > 0.9
    for name in ("latents", "untrained", "frames"):
        low, share, high = (found[f"{name}{end}"] for end in ("_low", "", "_high"))
        assert 0 <= low < share + 1e-9 and share - 1e-9 < high <= 1 + 1e-9  # 1.0 is rounded


def test_wilson_s_interval_has_the_share_in_it_and_its_closed_form():
    low, high = interval(50, 100)
    assert low == pytest.approx(0.4038, abs=1e-4) and high == pytest.approx(0.5962, abs=1e-4)
    low, high = interval(10, 10)
    assert high == pytest.approx(1) and low == pytest.approx(10 / (10 + 1.96**2))
    assert math.isclose(interval(0, 10)[0], 0, abs_tol=1e-12)


@pytest.mark.slow
def test_all_rows(run):
    found = measure(run, None, 2)
    assert found["translation_wavenet"] is None
    group = found["translation"]
    assert set(group) == {
        "translation",
        "unconverted",
        "mean_spectrum",
        "vocoder_copy",
        "domain_probe",
    }
    assert all(set(row) == KEYS for name, row in group.items() if name != "domain_probe")
