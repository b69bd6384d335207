"""The benchmark of codebook sizes on tiny codebooks: rows whose numbers bound each other, and what codes tell."""

import json
import sys

import pytest
import torch

from benchmarks import codebooks


def test_codes_that_are_the_phones_tell_them_and_one_code_tells_the_most_frequent():
    phones = torch.tensor([0, 1, 1, 2, 1, 0])
    assert codebooks.guessed(phones + 5, phones, phones[:4] + 5, phones[:4]) == 1
    one = torch.zeros(6, dtype=torch.long)
    assert codebooks.guessed(one, phones, one, phones) == 0.5  # half of them are 1
    # A code that was never met before is taken for the first kind.
    assert codebooks.guessed(one, phones, one + 7, phones) == pytest.approx(2 / 6)


def test_sentences_are_labelled_at_every_code_and_the_splits_share_none():
    from tinyaudio.recipes.vqvae import RECIPE

    before, after = (codebooks.labelled(RECIPE.tiny, split, 1) for split in ("train", "valid"))
    assert before.speakers == after.speakers == list(range(8))
    for one in (before, after):
        for frames, mean, phones in zip(one.frames, one.means, one.phones, strict=True):
            assert frames.shape == (1, 82, 2 * len(phones)) and mean.shape == (1, 82)
    assert not torch.equal(before.phones[0], after.phones[0])


def test_the_command(one_thread, monkeypatch, capsys):
    monkeypatch.setattr(codebooks, "N_SENTENCES", {"train": 1, "valid": 1})
    monkeypatch.setattr(codebooks, "BATCH", 2)
    monkeypatch.setattr(sys, "argv", ["codebooks", "--json", "--sizes", "2", "8", "--steps", "1"])
    codebooks.main()
    found = json.loads(capsys.readouterr().out)
    mean, *rows = found["rows"]
    assert found["steps"] == 1 and [one["codes"] for one in found["rows"]] == [1, 2, 8]
    assert mean["measured_bits"] == 0 and mean["speakers_from_codes"] == pytest.approx(
        1 / 8, abs=0.02
    )
    for one in rows:
        assert 1 <= one["perplexity"] <= one["codes_used"] + 1e-3 <= one["codes"] + 1e-2
        assert 0 <= one["measured_bits"] <= one["nominal_bits"] + 1e-6
        assert set(one) == set(mean) and one["mel_db"] > 0
    assert rows[0]["nominal_bits"] == 31.25 and rows[1]["nominal_bits"] == 93.75
