"""Runs that need no training and no folder."""

import pytest
import torch

from tinyaudio import checkpoints
from tinyaudio.checkpoints import TrainedRun
from tinyaudio.recipe import Recipe, RunConfig


@pytest.fixture
def one_thread():
    """The benchmarks set torch to one thread."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def open_as(monkeypatch):
    """Let ``--run NAME`` open these runs."""

    def patch(**runs):
        monkeypatch.setattr(checkpoints, "open_run", lambda place: runs[place])

    return patch


@pytest.fixture
def run_with():
    """A run of a recipe whose ``generate`` is given."""

    def make(generate, sample_rate=16_000, config=None):
        config = config or RunConfig(sample_rate=sample_rate)
        recipe = Recipe(
            name="ideal",
            description="Trains nothing.",
            sizes={"tiny": config},
            dataset=lambda config, split, folder: [],
            learners=lambda config: [],
            evaluate=lambda config, models, batches: {},
            commands={"generate": generate},
        )
        return TrainedRun(recipe, config, {}, {})

    return make
