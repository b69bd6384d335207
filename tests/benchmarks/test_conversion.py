"""The benchmark of voice conversion on a small run: rows, keys, and controls of which the value is known."""

import json
import sys

import pytest

from benchmarks import conversion, conversion_scores
from benchmarks.conversion_scores import pairs, scored

KEYS = {
    "distance_ratio",
    "target_speaker_accuracy",
    "pitch_kept",
    "voiced_kept",
    "content_kept",
    "distance_ratio_share",
    "pitch_kept_share",
    "content_kept_share",
    "global_variance_ratio",
}


@pytest.fixture
def quick(monkeypatch):
    """Classifiers that learn from a few clips."""
    monkeypatch.setattr(conversion_scores, "N_PHONE_CLIPS", 12)
    monkeypatch.setattr(conversion_scores, "N_SPEAKER_CLIPS", 3)
    monkeypatch.setattr(conversion_scores, "N_STEPS", 100)
    conversion_scores.classifiers.cache_clear()
    yield
    conversion_scores.classifiers.cache_clear()


def test_pairs_are_parallel_and_nobody_is_converted_to_themselves():
    found = pairs((0, 1, 2), (0, 1), 6, 16_000)
    assert len(found) == 6 and {one.target for one in found} == {0, 1}
    for one in found:
        assert one.source.shape == one.reference.clip.shape
        assert not one.source.equal(one.reference.clip)


def test_the_reference_itself_is_a_perfect_conversion_and_the_source_is_none(quick):
    few = pairs((0, 1), (0, 1), 4, 16_000)
    best = scored(lambda pair: pair.reference.clip, few, (0, 1), 16_000)
    none = scored(lambda pair: pair.source, few, (0, 1), 16_000)
    assert set(best) == set(none) == KEYS
    assert best["distance_ratio"] == 0 and best["content_kept"] == 1 and best["pitch_kept"] > 0.95
    assert best["distance_ratio_share"] == best["pitch_kept_share"] == 1
    assert best["global_variance_ratio"] == 1 and 0.5 < none["global_variance_ratio"] < 2
    assert none["distance_ratio"] == 1 and none["distance_ratio_share"] == 0
    assert none["target_speaker_accuracy"] == 0 < best["target_speaker_accuracy"]


def test_the_control_without_a_network_moves_pitch_and_envelope():
    import torch

    from tinyaudio.metrics.conversion import distance_ratio
    from tinyaudio.represent.prosody import VOICED, pitch_frames

    way = conversion.mean_spectrum((0, 1), 16_000)
    (pair,) = pairs((1,), (0,), 1, 16_000)
    made = way(pair)
    assert made.shape == pair.source.shape and made.abs().max() <= 1

    def median_octave(clip):
        octaves, periodicity = pitch_frames(clip[None], 16_000, 256)[0]
        return octaves[periodicity > VOICED].median()

    before, after, wanted = map(median_octave, (pair.source, made, pair.reference.clip))
    assert abs(after - wanted) < 0.25 < abs(before - wanted)
    assert torch.isfinite(made).all()
    assert distance_ratio(made, pair.source, pair.reference.clip, 16_000) < 1.3


def test_rows_are_of_runs_with_the_same_speakers():
    from types import SimpleNamespace

    from tinyaudio.errors import UserError

    def run(speakers, sample_rate=16_000):
        return SimpleNamespace(config=SimpleNamespace(speakers=speakers, sample_rate=sample_rate))

    conversion.check_same_speakers("vae", run(("0", "1")), run(("0", "1")))
    for other, what in ((run(("0", "2")), "speakers"), (run(("0", "1"), 8_000), "sample_rate")):
        with pytest.raises(UserError, match=f"--vae-wgan-run: its {what} are"):
            conversion.check_same_speakers("vae_wgan", other, run(("0", "1")))


@pytest.mark.slow
def test_the_command(quick, monkeypatch, capsys):
    monkeypatch.setattr(conversion, "N_RECORDED", 1)
    monkeypatch.setattr(sys, "argv", ["conversion", "--json", "--wavenet-run", "", "--pairs", "2"])
    conversion.main()
    found = json.loads(capsys.readouterr().out)
    rows = {"vqvae", "vae", "vae_wgan", "unconverted", "mean_spectrum", "vocoder_copy"}
    assert rows < set(found) and found["vqvae_wavenet"] is None
    assert set(found["unseen"]) == rows and set(found["recorded"]) == rows - {"vocoder_copy"}
    assert all(set(found[name]) == KEYS for name in rows)
