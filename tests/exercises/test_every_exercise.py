"""Every exercise of every chapter: its stub gets a hint, its solution passes however written, mistakes are named.

A new chapter is found by its source.  Its planted wrong answers are the mistakes that its checkers know.
"""

import re

import pytest

from tinyaudio.exercises import CheckResult, Exercise, Mistake
from tinyaudio.exercises.exercise import fixed
from tinyaudio.language import set_language
from tools.book import SOURCES, BookError
from tools.book.exercises import (
    caught_shares,
    checkers,
    exercise_of,
    exercises,
    run,
    solution,
    styles,
)
from tools.book.source import read

CHAPTERS = [read(path) for path in sorted(SOURCES.glob("*.md"))]
EXERCISES = [one for chapter in CHAPTERS for one in exercises(chapter)]
WITH_EXERCISES = sorted({one.chapter for one in EXERCISES})

each = pytest.mark.parametrize(
    "cells", EXERCISES, ids=[f"{one.chapter}-{one.checker}" for one in EXERCISES]
)


def checker(cells):
    return checkers(cells.chapter)[cells.checker]


@pytest.fixture(params=["ko", "en"])
def language(request):
    set_language(request.param)
    yield request.param
    set_language("en")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=[chapter.name for chapter in CHAPTERS])
def test_a_chapter_has_at_least_three_exercises(chapter):
    """Chapter 0, which says how to use the book, and appendices have no number and need none."""
    assert len(exercises(chapter)) >= 3 or not chapter.number


@each
def test_the_stub_fails_with_a_hint(cells, language):
    result = run(cells, cells.stub)
    nothing = {"ko": "아직 비어 있습니다. ", "en": "Not written yet. "}[language]
    assert isinstance(result, CheckResult) and not result.passed
    assert result.message.startswith(nothing) and len(result.message) > len(nothing) + 10


@each
def test_the_solution_passes_in_every_style(cells):
    assert run(cells, cells.solution).passed
    for style, answer in styles(solution(cells)).items():
        assert checker(cells)(answer), f"{style}: {checker(cells)(answer)}"


@each
def test_the_solution_passes_for_any_seed(cells):
    answer, exercise = solution(cells), exercise_of(checker(cells))
    for seed in (100, 101):
        assert exercise.check(answer, seed), exercise.check(answer, seed)


@each
def test_an_answer_that_raises_or_says_nothing_is_no_accident(cells):
    check = checker(cells)

    def broken(*arguments, **named):
        return arguments[99]

    assert not check(broken) and "raised IndexError" in check(broken).message
    assert not check(lambda *arguments, **named: None)
    forgetful = check(lambda *arguments, **named: [].clear()).message
    # one exercise trains in place, and returns nothing
    assert "is a return missing?" in forgetful or "No parameter has moved" in forgetful
    assert not check(lambda *arguments, **named: "text")


@each
def test_mistakes_are_named_one_by_one(cells):
    """At least four an exercise, each caught by its own message, and so told from all others, for any seed."""
    exercise = exercise_of(checker(cells))
    assert len(exercise.mistakes) >= 4
    shares = caught_shares(exercise, range(2))
    assert all(share == 1 for share in shares.values()), {
        mistake.english: share for mistake, share in shares.items() if share < 1
    }


@pytest.mark.slow
@each
def test_the_solution_passes_for_100_seeds(cells):
    answer, exercise = solution(cells), exercise_of(checker(cells))
    assert all(exercise.check(answer, seed) for seed in range(100))


@pytest.mark.slow
@each
def test_mistakes_are_named_for_99_seeds_of_100(cells):
    assert min(caught_shares(exercise_of(checker(cells)), range(100)).values()) >= 0.99


@each
def test_messages_are_sentences_in_both_languages(cells):
    for mistake in exercise_of(checker(cells)).mistakes:
        # A sentence may begin with a name from the code, such as p.
        assert re.search("[가-힣]", mistake.korean), mistake.korean
        assert not re.search("[가-힣]", mistake.english), mistake.english
        assert mistake.korean.endswith((".", "?")) and mistake.english.endswith((".", "?"))


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_no_checker_is_left_over(name):
    assert sorted(one.checker for one in EXERCISES if one.chapter == name) == sorted(checkers(name))


# ------------------------------------------------------------------ that the above can fail


def test_a_mistake_that_is_right_or_like_another_counts_as_missed():
    """Of two alike, the second is never named; one that is right is not even caught."""
    alike = [Mistake(lambda x: x + x, "가.", "a."), Mistake(lambda x: 2 * x, "나.", "b.")]
    right = Mistake(lambda x: x / 2, "다.", "c.")
    half = Exercise(lambda x: x / 2, fixed((1.0,), (3.0,)), [*alike, right], ("", ""))
    assert list(caught_shares(half, range(3)).values()) == [1, 0, 0]


def test_an_answer_that_is_right_for_some_seeds_is_caught_in_the_others():
    sometimes = Mistake(lambda x: abs(x), "가.", "a.")
    same = Exercise(lambda x: x, lambda g: [(int(g.initial_seed()) - 3,)], [sometimes], ("", ""))
    random = Exercise(
        lambda x: x, lambda g: [(float(g.initial_seed()) - 3 + 0 * float(_drawn(g)),)], [sometimes], ("", "")
    )  # fmt: skip
    assert caught_shares(same, range(4)) == {sometimes: 1}  # these cases are not drawn
    assert caught_shares(random, range(4)) == {sometimes: 0.75}


def _drawn(generator):
    import torch

    return torch.rand((), generator=generator)


def test_an_exercise_that_needs_other_cells_is_refused():
    with pytest.raises(BookError, match=r"NameError.*may use the chapter's imports"):
        run(EXERCISES[0], "answer = forgotten\n" + EXERCISES[0].solution)


def test_a_chapter_without_checkers_is_named():
    with pytest.raises(BookError, match=r"tinyaudio/exercises/new.py: missing; write the checkers"):
        checkers("new")


def test_a_checker_without_an_exercise_is_named():
    def check_nothing(answer):
        return CheckResult(True, "")

    with pytest.raises(BookError, match=r"check_nothing needs an Exercise called NOTHING"):
        exercise_of(check_nothing)
