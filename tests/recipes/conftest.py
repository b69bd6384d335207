"""Runs of the command that are short in all they do."""

import pytest

from tinyaudio import run


@pytest.fixture(scope="module")
def few_held_out():
    """Four held-out clips are scored while training, not 32: each is made before the first step."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "EVAL_CLIPS", 4)
        yield
