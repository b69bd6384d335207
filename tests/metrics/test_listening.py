"""Exact tests of listening trials, and the files that listeners saved."""

import json
from math import comb

import pytest
from scipy.stats import binomtest

from tinyaudio.errors import UserError
from tinyaudio.metrics.listening import (
    Answers,
    abx_p,
    confidence_interval,
    preference_p,
    read_answers,
)


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


@pytest.mark.parametrize(("k", "n"), [(1, 7), (9, 10), (30, 60), (4, 5)])
@pytest.mark.parametrize("confidence", [0.9, 0.95])
def test_the_ends_of_the_interval_leave_the_count_in_a_tail(k, n, confidence):
    low, high = confidence_interval(k, n, confidence)

    def tail(p, counts):
        return sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in counts)

    assert tail(low, range(k, n + 1)) == pytest.approx((1 - confidence) / 2)
    assert tail(high, range(k + 1)) == pytest.approx((1 - confidence) / 2)


def test_no_and_every_answer_reach_the_end():
    assert confidence_interval(0, 8)[0] == 0 and confidence_interval(8, 8)[1] == 1
    assert confidence_interval(0, 8) == pytest.approx(
        [1 - end for end in confidence_interval(8, 8)][::-1]
    )


def test_the_interval_covers_at_least_as_often_as_it_says():
    n, confidence = 12, 0.9
    intervals = [confidence_interval(k, n, confidence) for k in range(n + 1)]
    for p in (0.05, 0.3, 0.5, 0.81):
        covered = [low <= p <= high for low, high in intervals]
        share = sum(comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1) if covered[k])
        assert confidence <= share < 1


def test_answers_know_their_interval():
    assert Answers("abx", ("a", "b"), (1, 1, 0)).interval == confidence_interval(2, 3)


@pytest.mark.parametrize(
    ("k", "n", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (0, 0, 0.95), (1, 2, 1)]
)
def test_an_interval_of_nothing_is_refused_in_one_line(k, n, confidence):
    with pytest.raises(UserError) as caught:
        confidence_interval(k, n, confidence)
    assert "\n" not in str(caught.value)
