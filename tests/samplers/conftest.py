"""Fixtures of the compiled step."""

import warnings

import pytest

from tinyaudio.samplers.native import build


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory):
    """The library is compiled once for all tests, outside the user's cache folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("TINYAUDIO_SIMD_WIDTH", raising=False)
        yield


@pytest.fixture
def no_warnings():
    """An unexpected fallback to `cached` must not pass for the compiled code."""
    build.warn_once.cache_clear()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield
