"""Wins of one of two systems against the toss of a coin."""

import json

import pytest
from scipy.stats import binomtest

from tinyaudio.errors import UserError
from tinyaudio.metrics.preference import read_choices, sign_test


@pytest.mark.parametrize(("wins", "n"), [(0, 1), (6, 10), (4, 10), (10, 20), (60, 100), (485, 800)])
def test_the_sign_test_is_the_exact_binomial_test(wins, n):
    assert sign_test(wins, n) == pytest.approx(binomtest(wins, n).pvalue, rel=1e-9)
    assert sign_test(wins, n) == sign_test(n - wins, n)


@pytest.mark.parametrize(("wins", "n"), [(0, 0), (3, 2), (-1, 4)])
def test_counts_that_cannot_be_are_refused(wins, n):
    with pytest.raises(UserError, match="give at least one choice"):
        sign_test(wins, n)


def saved(path, systems, chosen):
    path.write_text(json.dumps({"systems": systems, "chosen": chosen}), encoding="utf-8")
    return path


def test_files_of_several_listeners_are_added_up(tmp_path):
    one = saved(tmp_path / "one.json", ["network", "음"], ["network", "음", "음"])
    two = saved(tmp_path / "two.json", ["network", "음"], ["음", "음", "음"])
    assert read_choices(one, two) == {"network": 1, "음": 5}
    assert read_choices(two)["network"] == 0


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"systems": 3, "chosen": []}', '{"systems": ["A", "B"]}', "\ud800"]
)
def test_a_broken_file_is_named(tmp_path, text):
    file = tmp_path / "broken.json"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(UserError, match=r"broken\.json: not a file of choices"):
        read_choices(file)
    with pytest.raises(UserError, match="not a file of choices"):
        read_choices(tmp_path / "missing.json")


def test_choices_between_other_systems_are_not_added_up(tmp_path):
    one = saved(tmp_path / "one.json", ["A", "B"], ["A"])
    for two in (["A", "C"], ["C"]), (["A", "B"], ["C"]):
        with pytest.raises(UserError, match="other systems than A and B"):
            read_choices(one, saved(tmp_path / "two.json", *two))
