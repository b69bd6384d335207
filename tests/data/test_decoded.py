"""Decoded recordings: in memory while they fit, behind that in a temporary file that does not stay."""

import gc
import pickle
from pathlib import Path

import pytest
import torch

from tinyaudio.audio import save
from tinyaudio.data import decoded as module
from tinyaudio.data.decoded import Spill, decoded
from tinyaudio.errors import DataError

RATE = 16_000


def test_a_file_gives_what_was_written_from_any_place_on():
    spill = Spill()
    first, second = torch.rand(1, 1_000), torch.rand(1, 500)
    assert (spill.append(first), spill.append(second)) == (0, 1_000)
    assert torch.equal(spill.read(990, 20), torch.cat([first, second], dim=1)[:, 990:1_010])


def test_a_process_that_got_it_reads_it_and_only_the_first_deletes_it():
    spill = Spill()
    spill.append(torch.ones(1, 10))
    path = Path(spill.path)
    copy = pickle.loads(pickle.dumps(spill))  # as a worker gets it where processes are not forked
    assert torch.equal(copy.read(2, 3), torch.ones(1, 3))
    del copy
    gc.collect()
    assert path.exists()
    del spill
    gc.collect()
    assert not path.exists()


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
    monkeypatch.setattr(module.tempfile, "mkstemp", lambda **_: (0, "/dev/full"))
    monkeypatch.setattr(module.os, "close", lambda handle: None)
    monkeypatch.setattr(module.weakref, "finalize", lambda *_, **__: None)
    with pytest.raises(DataError, match=r"No space left on device.*TMPDIR"):
        Spill().append(torch.rand(1, 100_000))
