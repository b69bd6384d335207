"""The benchmark of instantaneous frequency on two notes: every key, and what each has to reach."""

import json
import sys

import pytest
import torch

from benchmarks import ifreq


def test_the_command(one_thread, monkeypatch, capsys):
    monkeypatch.setattr(ifreq, "SECONDS", 1.0)
    monkeypatch.setattr(ifreq, "ROUNDS", 1)
    monkeypatch.setattr(sys, "argv", ["ifreq", "--json", "--notes", "1"])
    ifreq.main()
    found = json.loads(capsys.readouterr().out)
    assert found["notes"] == 2
    assert found["if_full_length_db_float32"] >= 110
    assert found["if_full_length_db_float64"] >= 250
    assert found["complex_mel_db"] > found["complex_mel_from_start_db"] + 5
    assert found["complex_mel_from_start_db"] > found["published_mel_db"]
    assert found["if_440_hz"] == pytest.approx(0.16, abs=1e-5)
    assert found["time_ratio"] > 1


def test_a_note_that_does_not_return_is_0_db_and_a_tenth_of_error_is_20_db():
    wanted = torch.randn(2, 1, 100, generator=torch.manual_seed(0))
    assert ifreq.snr_db(wanted, torch.zeros_like(wanted)).tolist() == pytest.approx([0, 0])
    assert ifreq.snr_db(wanted, 1.1 * wanted).tolist() == pytest.approx([20, 20], abs=1e-3)
