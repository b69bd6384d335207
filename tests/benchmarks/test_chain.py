"""The benchmark of the chain: rows whose values are known, and rows complete, with links that do nothing."""

import json
import sys

import pytest
import torch

from benchmarks import chain, conversion_scores
from benchmarks.chain import compared, sinc
from tinyaudio.data.voices import sentence, speaker, voice


@pytest.fixture(scope="module")
def clip():
    made = voice(speaker(1), sentence(6_002), sample_rate=48_000).clip
    return 0.5 * made[:, :48_000]


def test_the_truth_has_no_error_and_an_empty_band_its_floor(clip):
    assert set(compared(clip, clip).values()) == {0.0}
    lost = compared(sinc(chain.low(clip)), clip)
    assert lost["high_band_energy_db"] < -40 and lost["high_band_envelope_db"] > 15
    soft = compared(0.1 * clip, clip)
    assert soft["high_band_energy_db"] == pytest.approx(-20, abs=1e-3)


@pytest.mark.slow
def test_all_rows_are_there(monkeypatch, capsys, tmp_path):
    """Links that hand on what they get: content is kept, and the top band is empty."""
    for name, few in (("N_PHONE_CLIPS", 12), ("N_SPEAKER_CLIPS", 3), ("N_STEPS", 60)):
        monkeypatch.setattr(conversion_scores, name, few)
    conversion_scores.classifiers.cache_clear()
    monkeypatch.setattr(chain, "mean_spectrum", lambda targets, rate: lambda pair: pair.source)
    monkeypatch.setattr(chain, "shipped_chain", lambda n_steps: None)
    monkeypatch.setattr(chain, "sounds", lambda links, clip, target: [clip, sinc(clip)])
    monkeypatch.setattr(chain, "sounds_of_vocoder", lambda links, clip: clip)
    monkeypatch.setattr(chain, "high_band", lambda links, clip: sinc(clip))
    words = "--json --pairs 1 --recorded 2 --minutes 0 --packages".split()
    monkeypatch.setattr(sys, "argv", ["chain", *words, str(tmp_path)])
    threads = torch.get_num_threads()
    chain.main()
    torch.set_num_threads(threads)
    conversion_scores.classifiers.cache_clear()
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"settings", "recorded", "procedural", "full_band", "memory_mb"}
    assert found["full_band"] is None and found["memory_mb"] is None
    assert set(found["recorded"]) == {"chain", "vocoder", "source", "mean_moved"}
    assert found["recorded"]["source"]["content_kept"] == 1
    assert found["recorded"]["vocoder"] == found["recorded"]["source"]
    rows = found["procedural"]
    assert rows["chain"] == rows["source_sinc"] and rows["true_16_khz"] == rows["true_16_khz_sinc"]
    assert rows["true_16_khz"]["log_mel_db"] < rows["chain"]["log_mel_db"]
