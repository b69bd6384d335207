"""What all checkers share: an answer may write to its arguments, and may be no function."""

import torch

from tinyaudio.exercises.check_result import Mistake, check_answer


def centre(x):
    return x - x.mean()


CASES = [(torch.tensor([1.0, 2.0, 6.0]),), (torch.tensor([0.5, -1.0]),)]


def check(answer):
    mistakes = [Mistake(lambda x: x.zero_(), "everything is zero")]
    return check_answer(answer, centre, CASES, mistakes, "begin with the mean")


def test_an_answer_that_writes_to_its_arguments_is_judged_by_what_it_returns():
    def in_place(x):
        x -= x.mean()
        return x

    def spoils(x):
        x.zero_()
        return x + 1

    before = [case[0].clone() for case in CASES]
    assert check(in_place)
    assert not check(spoils)
    assert check(lambda x: x.zero_()).message == "everything is zero"
    assert check(centre)  # and the arguments of the next check are untouched
    assert all(torch.equal(case[0], x) for case, x in zip(CASES, before, strict=True))


def test_an_answer_that_is_no_function_or_has_no_name_is_told_apart():
    assert check(3.0).message == "This is no function but of type float. Pass the function."

    class Half:
        def __call__(self, x):
            return x / 2

    assert "answer(<3>) should be" in check(Half()).message
