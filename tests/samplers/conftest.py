"""What the tests of the compiled step share."""

import warnings

import pytest

from tinyaudio.samplers.native import build


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """The library is compiled once for all tests, away from the user's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("TINYAUDIO_LANES", raising=False)
        yield


@pytest.fixture
def no_warnings():
    """A fallback without a word, or an unexpected one, must not pass for the compiled code."""
    build.warn_once.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
