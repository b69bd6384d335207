"""What all checkers share: how results are read and compared, how a difference is told, how a mistake is named."""

import numpy as np
import pytest
import torch

from tinyaudio.exercises import Exercise, Mistake
from tinyaudio.exercises.check_result import difference, equal
from tinyaudio.exercises.exercise import fixed

CASES = [(torch.tensor([1.0, 2.0, 6.0]),), (torch.tensor([0.5, -1.0]),)]
ZERO = Mistake(lambda x: x.zero_(), "모두 0입니다.", "everything is zero")
CENTRE = Exercise(lambda x: x - x.mean(), fixed(*CASES), [ZERO], ("평균", "begin with the mean"))


def test_an_answer_that_writes_to_its_arguments_is_judged_by_what_it_returns():
    def in_place(x):
        x -= x.mean()
        return x

    def spoils(x):
        x.zero_()
        return x + 5

    before = [case[0].clone() for case in CASES]
    assert CENTRE.check(in_place)
    assert not CENTRE.check(spoils)
    assert CENTRE.check(lambda x: x.zero_()).mistake is ZERO
    assert CENTRE.check(lambda x: x - x.mean())  # and the next check's arguments are untouched
    assert all(torch.equal(case[0], x) for case, x in zip(CASES, before, strict=True))


def test_a_forgotten_return_is_no_stub():
    def forgets(x):
        x = x - x.mean()

    def returns_once(x):
        if len(x) > 2:
            return x - x.mean()

    def empty(x):
        """Subtract the mean."""
        ...

    assert CENTRE.check(forgets).message == "forgets([1, 2, 6]) returns None; is a return missing?"
    missing = "returns_once([0.5, -1]) returns None; is a return missing?"
    assert CENTRE.check(returns_once).message == missing
    assert CENTRE.check(empty).message == "Not written yet. begin with the mean"


def test_an_answer_that_is_no_function_or_has_no_name_is_told_apart():
    assert CENTRE.check(3.0).message == "This is no function but of type float. Pass the function."

    class Half:
        def __call__(self, x):
            return x / 2

    assert CENTRE.check(Half()).message == "answer([1, 2, 6])[0] should be -2, not 0.5."


@pytest.mark.parametrize(
    "value",
    [
        np.array([1.0, 2.0]),
        np.array([1, 2], dtype=np.int16),
        [1, 2.0],
        (np.float32(1), torch.tensor(2)),
        [torch.tensor([1.0])[0], 2],
        torch.tensor([1, 2], dtype=torch.int32),
        torch.tensor([1.0, 2.0], dtype=torch.float16, requires_grad=True),
        np.array([2.0, 1.0])[::-1],
    ],
)
def test_results_of_any_numeric_type_are_the_same_result(value):
    assert equal(value, torch.tensor([1.0, 2.0]), 1e-4)
    assert not equal(value, torch.tensor([1.0, 2.1]), 1e-4)


@pytest.mark.parametrize(
    "value", [3, 3.0, np.int64(3), torch.tensor(3), [3], torch.tensor([[3.0]])]
)
def test_a_single_number_may_come_in_any_shape(value):
    assert equal(value, 3, 1e-4) and equal(value, torch.tensor(3.0), 1e-4)
    assert not equal(value, 4, 1e-4)


def test_integers_are_compared_exactly():
    assert not equal(100_001, 100_000, 1e-4) and equal(100_001.0, 100_000.0, 1e-4)
    assert equal(True, 1, 1e-4)


@pytest.mark.parametrize("value", ["text", [None], {}, [[1], [1, 2]], object()])
def test_what_holds_no_numbers_equals_nothing(value):
    assert not equal(value, 1, 1e-4)
    assert "of type" in difference("f(1)", value, torch.tensor([1.0]), 1e-4)


@pytest.mark.parametrize(
    ("given", "wanted", "words"),
    [
        (torch.ones(2, 3), torch.zeros(3, 2), "The shape of f() should be (3, 2), not (2, 3)."),
        (torch.zeros(1, 3), torch.zeros(3), "right values, but the shape should be (3,), not (1, 3)"),
        (torch.tensor([1, 2]), torch.tensor([1.5, 2.0]), "The dtype of f() is torch.int64, which cuts"),
        (torch.ones(2), torch.ones(2) * 1j, "The dtype of f() should be torch.complex64, not torch.float32"),
        ([[0.0, 1.0], [2.0, 9.0]], torch.tensor([[0.0, 1], [2, 3]]), "f()[1, 1] should be 3, not 9."),
        ([1.0, np.nan], torch.ones(2), "f()[1] is nan and should be 1; is there a division by 0"),
        (np.inf, 1.0, "f() is inf and should be 1;"),
        (1.00001, 1.00002, "f() should be 1.00002, not 1.00001."),
    ],
)  # fmt: skip
def test_a_difference_is_told_in_its_own_words(given, wanted, words):
    assert words in difference("f()", given, wanted, 1e-9)


# ------------------------------------------------------------------ how a mistake is named

SQUARE = Exercise(
    lambda x: x * x if x > 0 else 0.0,
    lambda g: [(x,) for x in (1 + torch.rand(3, generator=g)).tolist()],
    [
        Mistake(lambda x: 2 * x, "두 배", "doubled"),
        Mistake(lambda x: x * x, "음수", "negative ones"),
    ],
    ("곱", "a product"),
    edges=[(-1.0,)],
)


def test_a_mistake_that_shows_at_an_edge_only_is_found_there():
    assert SQUARE.check(lambda x: x**2).message == "negative ones"
    assert (
        SQUARE.check(lambda x: 2 * x if x > 0 else 7).message == "doubled"
    )  # by the ordinary cases
    assert (
        SQUARE.check(lambda x: x**2 if x > 0 else 3).message == "<lambda>(-1) should be 0, not 3."
    )
    assert SQUARE.check(lambda x: max(x, 0) ** 2)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda x: x.mean() - x, "sign is reversed"),
        (lambda x: (x - x.mean()).flip(0), "reverse order"),
        (lambda x: (x - x.mean())[:-1], "last value is missing"),
        (lambda x: x - x.mean() + 1, "1 too large"),
        (lambda x: 2 * (x - x.mean()), "twice"),
    ],
)
def test_mistakes_that_any_exercise_may_see_are_named(answer, words):
    result = CENTRE.check(answer)
    assert words in result.message and result.mistake


def test_codes_have_to_be_integers():
    codes = Exercise(lambda x: x, fixed((torch.tensor([1, 2]),)), [], ("", ""), codes=True)
    assert codes.check(lambda x: x.to(torch.int16)) and codes.check(lambda x: x.tolist())
    assert "codes are integers" in codes.check(lambda x: x.float()).message


def test_a_witness_judges_an_answer_whose_values_are_right():
    slow = Mistake(lambda x: x, "느립니다", "too slow")
    exercise = Exercise(lambda x: x, fixed((1,)), [slow], ("", ""), witness=lambda answer: slow)
    assert exercise.check(lambda x: x).mistake is slow
