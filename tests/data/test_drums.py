"""Drum hits: a function of their key, struck once, and told apart by their spectra."""

import numpy as np
import pytest
import torch

from tinyaudio.data.drums import KINDS, Drums, drum_hit, head, struck
from tinyaudio.errors import DataError
from tinyaudio.metrics.discriminant import LinearDiscriminant
from tinyaudio.represent.logmel import log_mel

RATE = 16_000


def test_an_item_depends_on_its_key_alone():
    assert torch.equal(Drums(20)[7]["audio"], Drums(8)[7]["audio"])
    assert (
        len({Drums(8, split=one)[1]["audio"].sum().item() for one in ("train", "valid", "test")})
        == 3
    )
    assert not torch.equal(Drums(8, seed=1)[0]["audio"], Drums(8)[0]["audio"])
    kinds = [Drums(7, kinds=("tom", "clap"))[i]["kind"].item() for i in range(3)]
    assert [KINDS[k] for k in kinds] == ["tom", "clap", "tom"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_hit_begins_at_once_and_decays(kind):
    for seed in range(5):
        hit = drum_hit(kind, np.random.default_rng(seed), RATE)[0]
        assert hit.abs().max().item() == pytest.approx(0.9)
        assert hit.abs().argmax() < 0.06 * RATE
        first, last = (part.square().mean() for part in (hit[:1_600], hit[-1_600:]))
        assert 10 * (last / first).log10() < -20 and hit[-1] == 0


def test_a_head_falls_to_its_frequency_at_rest():
    """The phase is 2 pi times the integral of f (1 + d exp(-t / tau))."""
    t = np.arange(RATE) / RATE
    hz = 60 * (1 + 2 * np.exp(-t / 0.02))
    cycles = np.concatenate([[0], np.cumsum((hz[1:] + hz[:-1]) / 2 / RATE)])
    assert np.abs(head(t, 60.0, 2.0, 0.02) - np.sin(2 * np.pi * cycles)).max() < 1e-3


def test_a_clap_has_as_many_onsets_as_strokes():
    t = np.arange(4_000) / RATE
    for strokes in (1, 3, 5):
        envelope = struck(t, 0.05, strokes, np.random.default_rng(strokes))
        assert (np.diff(envelope) > 0.5).sum() == strokes - 1 and envelope[0] == 1


def test_kinds_are_told_apart_by_their_spectra():
    def spectra(split):
        hits = [Drums(90, 8_192, split=split)[i] for i in range(90)]
        mels = log_mel(torch.stack([hit["audio"] for hit in hits]), RATE)  # (90, 80, 33)
        return mels[:, ::2, ::8].flatten(1), torch.stack([hit["kind"] for hit in hits])

    x, y = spectra("train")
    x2, y2 = spectra("test")
    assert (LinearDiscriminant(x, y, 0.1)(x2) == y2).float().mean() > 0.97


def test_bad_input():
    with pytest.raises(DataError, match="no drum 'gong'; there are: kick, snare"):
        Drums(1, kinds=("gong",))
    with pytest.raises(DataError, match="8000: drums need 16000"):
        Drums(1, sample_rate=8_000)
    with pytest.raises(DataError, match="no split 'dev'"):
        Drums(1, split="dev")
    with pytest.raises(IndexError):
        Drums(3)[3]
