"""Files of a reader's own: run anew each time, and errors told with their line."""

import os

import pytest

from tinyaudio.python_file import frames_in, run_python_file
from tinyaudio.recipes import load_recipe_file

RECIPE = """
from dataclasses import replace
from tinyaudio.recipes import wavegan
RECIPE = replace(wavegan.RECIPE, name="own", description="{}")
"""


def test_an_edit_of_equal_length_within_a_second_is_seen(tmp_path):
    own = tmp_path / "own.py"
    for about in ("first", "other"):
        own.write_text(RECIPE.format(about))
        os.utime(own, (1_000_000_000, 1_000_000_000))  # Python's cache goes by time and length
        assert load_recipe_file(own).description == about


def test_the_lines_that_an_error_passed(tmp_path):
    own = tmp_path / "own.py"
    own.write_text("def deeper():\n    return 1 / 0\n\n\ndeeper()\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run_python_file(own, "own_file")
    assert [frame.lineno for frame in frames_in(own, caught.value)] == [5, 2]
    assert frames_in(tmp_path / "another.py", caught.value) == []


def test_another_suffix_is_refused(tmp_path):
    own = tmp_path / "own.txt"
    own.write_text("")
    with pytest.raises(ValueError, match=r"is no Python file; give it a name that ends in \.py"):
        run_python_file(own, "own_file")
