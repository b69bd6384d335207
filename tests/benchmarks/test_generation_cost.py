"""What a second of sound costs: rows whose answers and bits follow from the configurations."""

import json
import sys
from functools import partial

import pytest

from benchmarks import generation_cost


def test_a_row_is_cpu_time_over_the_sound_that_was_made(monkeypatch):
    made = []

    def work():
        made.append(1)
        return 2.0

    monkeypatch.setattr(generation_cost, "seconds", lambda call: (call(), 3.0)[1])
    found = generation_cost.row(7, 10.0, None, work)
    assert found == {"parameters": 7, "answers": 10.0, "bits": None, "cpu_s": 1.5}
    assert len(made) == 1 + generation_cost.ROUNDS  # the first warms up


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_the_command(monkeypatch, capsys):
    monkeypatch.setattr(generation_cost, "ROUNDS", 1)
    monkeypatch.setattr(generation_cost, "DDPM_STEPS", 1)
    for name in ("wavenet", "native"):
        short = partial(getattr(generation_cost, name), 40)
        short.__name__ = name
        monkeypatch.setattr(generation_cost, name, short)
    monkeypatch.setattr(sys, "argv", ["generation_cost", "--json"])
    generation_cost.main()
    systems = json.loads(capsys.readouterr().out)["systems"]
    assert list(systems) == ["wavenet", "native", "codec_lm", "vqvae", "vocoder", "ddpm"]
    assert systems["wavenet"]["bits"] == 64_000
    assert systems["codec_lm"]["bits"] == pytest.approx(93.75 * 7, abs=0.1)
    assert systems["vqvae"]["bits"] == pytest.approx(31.25 * 9, abs=0.1)
    assert all(row["cpu_s"] > 0 and row["parameters"] > 100_000 for row in systems.values())
