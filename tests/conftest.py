"""What every test shares."""

import os
import warnings

import pytest
import torch

# Autograd decides at its first backward pass which devices have threads, which no fork may follow. FakeTensorMode
# pretends that there is CUDA; so the first pass comes before it, and tests may fork in any order.
torch.ones(1, requires_grad=True).sum().backward()


def pytest_collection_modifyitems(items):
    """Tests marked `gpu` run where there is one, tests marked `posix` everywhere but on Windows."""
    absent = {
        "gpu": (not torch.cuda.is_available(), "needs a CUDA device"),
        "posix": (os.name == "nt", "needs forks, signals, limits or a shell"),
    }
    for item in items:
        for name, (missing, reason) in absent.items():
            if missing and item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(autouse=True)
def one_thread():
    """Two cores run two test processes; more threads would only make them wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def own_cache(tmp_path_factory):
    """Libraries are compiled once for all tests, of every worker, outside the user's cache folder."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # whose own folder lies in that of all
        root = root.parent
    cache = root / "cache"
    cache.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache))
        patch.delenv("TINYAUDIO_SIMD_WIDTH", raising=False)
        patch.delenv("TINYAUDIO_TRAINING_PATH", raising=False)
        yield


@pytest.fixture
def no_warnings():
    """An unexpected fallback to PyTorch must not pass for compiled code."""
    from tinyaudio.native import build

    build.warn_once.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
