"""Decoded recordings: in memory while they fit, behind that in a temporary file that does not stay."""

import errno
import pickle
import tempfile
import types

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data import decoded as module
from tinyaudio.data.batches import Batches
from tinyaudio.data.clips import Clips
from tinyaudio.data.decoded import Spill, decoded
from tinyaudio.errors import DataError

RATE = 16_000


def test_a_file_gives_what_was_written_from_any_place_on():
    spill = Spill()
    first, second = torch.rand(1, 1_000), torch.rand(1, 500)
    assert (spill.append(first), spill.append(second)) == (0, 1_000)
    assert torch.equal(spill.read(990, 20), torch.cat([first, second], dim=1)[:, 990:1_010])


def test_it_has_no_name_that_could_stay(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spill = Spill()
    spill.append(torch.ones(1, 10))
    assert [*tmp_path.iterdir()] == []
    assert torch.equal(spill.read(2, 3), torch.ones(1, 3))


def test_forked_workers_read_it_at_the_same_time_and_others_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MEMORY_NUMBERS", 0)
    save(tmp_path / "a.wav", torch.rand(1, 4 * RATE) - 0.5, RATE)
    clips = Clips(tmp_path, sample_rate=RATE, n_samples=500)
    alone = Batches(clips, 4).from_step(0)
    two = Batches(clips, 4, workers=2).from_step(0)
    for _ in range(20):
        assert torch.equal(next(alone)["audio"], next(two)["audio"])
    with pytest.raises(DataError, match="--workers 0"):
        pickle.dumps(clips.sounds[0])  # as where processes are not forked


def test_the_memory_and_the_file_agree_at_every_edge(tmp_path, monkeypatch):
    paths = [tmp_path / f"{i}.wav" for i in range(3)]
    for path in paths:
        save(path, torch.rand(1, RATE) - 0.5, RATE)
    kept = decoded(paths, RATE)
    module._decoded.cache_clear()
    monkeypatch.setattr(module, "MEMORY_NUMBERS", RATE)
    spilled = decoded(paths, RATE)
    assert [isinstance(sound.kept, Spill) for sound in spilled] == [False, True, True]
    for one, other in zip(kept, spilled, strict=True):
        for start, n in ((0, 1), (0, RATE), (RATE - 1, 1), (RATE - 5, 10), (100, 200)):
            assert torch.equal(one.read(start, n), other.read(start, n))
            assert one.read(start, n).shape == (1, min(n, RATE - start))


def test_a_full_disk_is_one_line_that_says_what_to_do(monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    spill = Spill()
    spill.file = types.SimpleNamespace(seek=lambda *_: 0, write=full)
    with pytest.raises(DataError, match=r"No space left on device.*TMPDIR"):
        spill.append(torch.rand(1, 100))
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(DataError, match="TMPDIR"):
        Spill()
