"""Exact tests of listening trials, and the files that listeners saved."""

import json

import pytest
from scipy.stats import binomtest

from tinyaudio.errors import UserError
from tinyaudio.metrics.listening import abx_p, preference_p, read_answers


@pytest.mark.parametrize("n", [1, 7, 20])
def test_p_values_are_scipy_s(n):
    for k in range(n + 1):
        assert preference_p(k, n) == pytest.approx(binomtest(k, n).pvalue)
        assert abx_p(k, n) == pytest.approx(binomtest(k, n, alternative="greater").pvalue)


def save(path, kind="preference", systems=("new", "old"), answers=(0, 0, 1)):
    trials = [{"pair": i, "answer": answer} for i, answer in enumerate(answers)]
    path.write_text(json.dumps({"kind": kind, "systems": systems, "trials": trials}))
    return path


def test_listeners_are_counted_together(tmp_path):
    files = [save(tmp_path / "a.json"), save(tmp_path / "b.json", answers=(0, 0, 0, 1, 0))]
    found = read_answers(*files)
    assert found.systems == ("new", "old") and found.counts == (6, 2)
    assert found.p == preference_p(6, 8)
    assert read_answers(save(tmp_path / "c.json", "abx")).p == abx_p(1, 3)


def test_what_cannot_be_counted_is_refused(tmp_path):
    with pytest.raises(UserError, match="4 of 3 answers"):
        preference_p(4, 3)
    with pytest.raises(UserError, match="no answers: give the files"):
        read_answers()
    with pytest.raises(UserError, match=r"none.json: cannot be read \(No such file"):
        read_answers(tmp_path / "none.json")
    with pytest.raises(UserError, match=r"different tests .*preference of new and old; abx"):
        read_answers(save(tmp_path / "a.json"), save(tmp_path / "b.json", "abx"))
    for wrong in (
        "",
        "[]",
        '{"kind": "abx"}',
        '{"kind": "x", "systems": ["a", "b"], "trials": []}',
    ):
        (tmp_path / "wrong.json").write_text(wrong)
        with pytest.raises(UserError, match=r"wrong\.json: is no file that a listening test saved"):
            read_answers(tmp_path / "wrong.json")
    with pytest.raises(UserError, match="is no file"):
        read_answers(save(tmp_path / "d.json", answers=(2,)))
