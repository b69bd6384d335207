"""Every exercise of every chapter: its stub gets a hint, its solution passes, wrong answers are caught.

A new chapter is found by its source.  It plants its wrong answers in ``tests/exercises/test_CHAPTER.py``,
in ``WRONG``; at least three an exercise, each with a message of its own that names the mistake.
"""

import inspect
from importlib import import_module

import pytest

from tinyaudio.exercises import CheckResult, check_answer
from tinyaudio.language import set_language
from tools.book import SOURCES, BookError
from tools.book.exercises import Wrong, exercises, planted, run
from tools.book.source import read

CHAPTERS = [read(path) for path in sorted(SOURCES.glob("*.md"))]
EXERCISES = [one for chapter in CHAPTERS for one in exercises(chapter)]
WITH_EXERCISES = sorted({one.chapter for one in EXERCISES})
WRONG = [one for name in WITH_EXERCISES for one in planted(name)]

each = pytest.mark.parametrize(
    "exercise", EXERCISES, ids=[f"{one.chapter}-{one.checker}" for one in EXERCISES]
)


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
def test_the_stub_fails_with_a_hint(exercise, language):
    result = run(exercise, exercise.stub)
    nothing = {"ko": "아직 비어 있습니다. ", "en": "Not written yet. "}[language]
    assert isinstance(result, CheckResult) and not result.passed
    assert result.message.startswith(nothing) and len(result.message) > len(nothing) + 10


@each
def test_the_solution_passes(exercise, language):
    result = run(exercise, exercise.solution)
    assert isinstance(result, CheckResult) and result.passed, result.message


@each
def test_an_answer_that_raises_or_says_nothing_is_no_accident(exercise):
    check = getattr(import_module(f"tinyaudio.exercises.{exercise.chapter}"), exercise.checker)

    def broken(*arguments, **named):
        return arguments[99]

    assert not check(broken) and "raised IndexError" in check(broken).message
    assert not check(lambda *arguments, **named: None)
    assert not check(lambda *arguments, **named: "text")


@each
def test_three_wrong_answers_are_planted(exercise):
    words = {
        wrong.words
        for wrong in WRONG
        if (wrong.chapter, wrong.checker) == (exercise.chapter, exercise.checker)
    }
    assert len(words) >= 3, "plant three mistakes or more, each with a message of its own"


@pytest.mark.parametrize(
    "wrong", WRONG, ids=[f"{one.chapter}-{one.checker}-{one.words}" for one in WRONG]
)
def test_a_wrong_answer_gets_a_message_that_names_its_mistake(wrong):
    assert wrong.caught(), wrong.check().message


@pytest.mark.parametrize("name", WITH_EXERCISES)
def test_no_checker_is_left_over(name):
    module = import_module(f"tinyaudio.exercises.{name}")
    checkers = {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if name.startswith("check_")
        and function.__module__.startswith("tinyaudio.exercises.")
        and function is not check_answer
    }
    asked = [one.checker for one in EXERCISES if one.chapter == name]
    assert (
        sorted(asked) == sorted(checkers)
        and {w.checker for w in WRONG if w.chapter == name} <= checkers
    )


# ------------------------------------------------------------------ that the above can fail


def test_an_answer_that_is_right_is_not_caught():
    assert not Wrong(
        "sound_into_numbers", "check_alias_hz", lambda f, r: abs(f - r * round(f / r)), ""
    ).caught()


@pytest.mark.parametrize("words", ["should be", "raised", "four bins"])
def test_a_message_that_names_no_mistake_does_not_count(words):
    for answer in (lambda gap, rate: 1024, lambda gap, rate: gap.nonsense):
        assert not Wrong("sound_into_numbers", "check_shortest_frame", answer, words).caught()


def test_an_exercise_that_needs_other_cells_is_refused():
    exercise = EXERCISES[0]
    with pytest.raises(BookError, match=r"NameError.*may use the chapter's imports"):
        run(exercise, "answer = forgotten\n" + exercise.solution)


def test_a_chapter_without_planted_answers_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.book.exercises.ROOT", tmp_path)
    with pytest.raises(
        BookError, match=r"tests/exercises/test_new.py: missing; plant wrong answers"
    ):
        planted("new")
    (tmp_path / "tests" / "exercises").mkdir(parents=True)
    (tmp_path / "tests" / "exercises" / "test_new.py").write_text("def test_nothing(): ...")
    with pytest.raises(
        BookError, match=r"tests/exercises/test_new.py: plants no wrong answers; write"
    ):
        planted("new")
