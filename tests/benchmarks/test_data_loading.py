"""The benchmark of loading measures waiting and memory, on ten seconds of sound."""

import itertools
import mmap
import time

import soundfile

from benchmarks import data_loading


def test_the_sound_is_divided_into_files(tmp_path):
    data_loading.write_sound(tmp_path / "a", n_files=4, seconds=10)
    lengths = [soundfile.info(path).duration for path in (tmp_path / "a").iterdir()]
    assert lengths == [2.5] * 4


def test_a_row_has_every_number(tmp_path, monkeypatch):
    monkeypatch.setattr(data_loading, "SETTLED", 1)
    monkeypatch.setattr(data_loading, "BATCH_SIZE", 1)
    data_loading.write_sound(tmp_path / "a", n_files=4, seconds=10)
    row = data_loading.trained(tmp_path / "a", kept=True, workers=0, steps=4)
    assert row["steps"] == 4 and row["step_ms"] > 0
    assert 0 < row["waiting"] < 1 and 0 < row["loading_cpu_ms"] < row["step_cpu_ms"]
    assert row["memory_mb"] > 50 and row["growth_mb"] >= 0


def test_only_waiting_is_counted():
    def slow():
        for i in itertools.count():
            time.sleep(0.02)
            yield i

    batches = data_loading.Waiting(slow())
    for i, batch in zip(range(3), batches, strict=False):
        assert batch == i
        time.sleep(0.05)
    assert all(0.02 <= one < 10 for one in batches.seconds)
    assert sum(batches.cpu_seconds) < sum(batches.seconds)


def test_memory_that_is_taken_is_seen():
    before = data_loading.memory_mb()
    with mmap.mmap(-1, 40 * 2**20) as taken:  # not what the process has had and freed
        taken.write(b"x" * len(taken))
        assert 30 < data_loading.memory_mb() - before < 100
