"""The compiled step's library is made once, outside the user's cache folder."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def compiled(own_cache):
    """Every test here may compile."""
