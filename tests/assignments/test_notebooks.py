"""What is handed out: no solution for students, everything for instructors, a master that Otter can read."""

import subprocess
import sys

import nbformat
import pytest

from tools.assignments import AssignmentError, notebooks, otter, tasks
from tools.assignments import __main__ as commands
from tools.book.exercises import exercise_of


@pytest.fixture(scope="module")
def made(vqvae, key_folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("assignments") / "vqvae"
    assert notebooks.write(out, vqvae, key_folder) == 8
    return out


def test_there_is_one_of_each_in_both_languages(made):
    found = sorted(path.relative_to(made).as_posix() for path in made.rglob("*.ipynb"))
    assert found == sorted(
        f"{kind}/{language}/vqvae.ipynb"
        for kind in ("student", "instructor", "otter")
        for language in ("ko", "en")
    )


@pytest.mark.parametrize("language", ["ko", "en"])
def test_students_get_no_solutions_and_instructors_get_notes(made, vqvae, language):
    student, teacher = (
        "\0".join(
            cell.source for cell in nbformat.read(made / kind / language / "vqvae.ipynb", 4).cells
        )
        for kind in ("student", "instructor")
    )
    for task in tasks.tasks(vqvae):
        assert task.cells.solution not in student and task.cells.solution in teacher
        for mistake in exercise_of(task.check).mistakes:
            words = mistake.korean if language == "ko" else mistake.english
            assert words in teacher and words not in student


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_cell_that_installs_the_package_is_known_as_the_book_s(made, language):
    """In a student's notebook of any edition; a changed one is the student's."""
    cells = nbformat.read(made / "student" / language / "vqvae.ipynb", 4).cells
    setup = next(cell.source for cell in cells if cell.cell_type == "code")
    assert tasks.is_setup(setup)
    assert tasks.is_setup(setup.replace("heads/main", "tags/v0.2.0"))
    assert not tasks.is_setup(setup + "\nmine = 1")


def test_a_master_has_a_hidden_test_worth_the_points_of_every_exercise(made, vqvae):
    master = nbformat.read(made / "otter" / "en" / "vqvae.ipynb", 4)
    hidden = [one.source for one in master.cells if "hidden: true" in one.source]
    assert len(hidden) == 4
    for source, task in zip(hidden, tasks.tasks(vqvae), strict=True):
        assert f"points: {task.points}\n" in source and task.checker in source
    assert "href" not in str(master.cells)  # equations stand in the chapter, not here


def test_the_hidden_tests_run_where_nothing_of_the_repository_is(made, vqvae):
    """In a folder with the autograder's files: the reference passes, and a mistake is named."""
    work = """
import torch
from hidden import trouble
right = lambda z, codebook: torch.cdist(z, codebook).argmin(1)
far = lambda z, codebook: torch.cdist(z, codebook).argmax(1)
print(repr(trouble("check_nearest", right)), trouble("check_nearest", far))
"""
    folder = made / "otter" / "en"
    done = subprocess.run([sys.executable, "-c", work], cwd=folder, capture_output=True, text=True)
    task = tasks.tasks(vqvae)[0]
    named = [one.english for one in exercise_of(task.check).mistakes]
    assert done.returncode == 0, done.stderr
    empty, _, said = done.stdout.strip().partition(" ")
    assert empty == "''" and said in named


def test_without_otter_one_line_says_how_to_get_it(made, vqvae, monkeypatch, capsys):
    with pytest.raises(
        AssignmentError, match=r"^Otter-Grader is not here: install it .*--otter \S+$"
    ):
        otter.assign("no-otter-here", made, vqvae, "en")
    monkeypatch.setattr("sys.argv", ["assignments", "make", "vqvae", "--otter"])
    assert commands.main() == 2
    assert (
        capsys.readouterr()
        .err.strip()
        .endswith("--otter needs --key FOLDER, which holds the hidden tests' answers")
    )


def test_colab_installs_the_tagged_edition(made, vqvae, key_folder, tmp_path):
    notebooks.write(tmp_path, vqvae, key_folder, "v9.9.9")
    for kind in ("student", "instructor", "otter"):
        newest, tagged = (
            (folder / kind / "ko" / "vqvae.ipynb").read_text(encoding="utf-8")
            for folder in (made, tmp_path)
        )
        assert notebooks.NEWEST in newest and notebooks.NEWEST not in tagged
        assert "/archive/refs/tags/v9.9.9.zip" in tagged


@pytest.mark.parametrize(("language", "words"), [("ko", "채점 기준으로"), ("en", "by the rubric")])
def test_instructors_are_told_where_the_rubric_is_needed(made, language, words):
    cells = nbformat.read(made / "instructor" / language / "vqvae.ipynb", 4).cells
    [place] = [i for i, cell in enumerate(cells) if words in cell.source]
    assert notebooks.OPEN.search(cells[place - 1].source)[1] == "9.5"
    assert "8" in cells[1].source and cells[1].source.startswith("**")


@pytest.mark.parametrize(
    ("language", "words"), [("ko", "시드를 바꾸어도"), ("en", "Another seed does not change")]
)
def test_instructors_are_told_which_hidden_inputs_no_seed_changes(language, words):
    """Those of exercise 4.4; chapters are found by number, too, and each once."""
    four, nine = tasks.chapters(["4", "vqvae", "9"])
    assert nine.name == "vqvae"
    told = [words in notebooks.note(task, language) for task in tasks.tasks(four)]
    assert told == [False, False, False, True, False]


OTTER = """#!/bin/sh
if [ "$1" = assign ]; then mkdir -p assigned/autograder && : > assigned/autograder/x-autograder_1.zip; exit; fi
case "$2" in */autograder/*) n=8;; */student/*) n=%s;; esac  # otter run NOTEBOOK -a ZIP -o FOLDER
[ $n = fails ] && echo "no such test" && exit 1
echo '{"tests": [{"name": "Public Tests"}, {"name": "q9_1", "score": '$n', "max_score": 8}]}' > "$6/results.json"
"""


@pytest.mark.parametrize(
    ("untouched", "status", "said"),
    [
        ("0", 0, "✔ vqvae en: solved 8/8, untouched 0/8"),
        ("1", 2, "✘ vqvae en: solved 8/8, untouched 1/8"),
        ("fails", 2, "otter run failed: no such test"),
    ],
)
def test_otter_is_asked_about_solved_and_untouched_notebooks(
    made, vqvae, tmp_path, monkeypatch, capsys, untouched, status, said
):
    program = tmp_path / "otter"
    program.write_text(OTTER % untouched, encoding="utf-8")
    program.chmod(0o700)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(AssignmentError, match="holds no autograder; run make with --key and"):
        otter.check("~/otter", tmp_path, vqvae, "en")
    assert otter.assign("~/otter", made, vqvae, "en").name == "x-autograder_1.zip"
    words = ["otter-check", "vqvae", "--out", str(made.parent), "--otter", "~/otter"]
    monkeypatch.setattr("sys.argv", ["assignments", *words, "--language", "en"])
    assert commands.main() == status
    assert said in capsys.readouterr().out


def test_without_a_key_no_older_one_is_left(vqvae, key_folder, tmp_path):
    notebooks.write(tmp_path, vqvae, key_folder)
    (tmp_path / "otter" / "ko" / "assigned").mkdir()
    (tmp_path / "otter" / "mine.txt").write_text("kept")
    notebooks.write(tmp_path, vqvae, None)
    assert [one.name for one in (tmp_path / "otter").iterdir()] == ["mine.txt"]


def test_a_folder_that_cannot_be_written_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["assignments", "make", "vqvae", "--out", "/proc/x"])
    assert commands.main() == 2
    said = capsys.readouterr().err
    assert said.startswith("tools.assignments: /proc/x") and said.count("\n") == 1


@pytest.mark.parametrize(
    ("script", "said"),
    [("sleep 9", "takes longer than 1 s"), ("printf 'no \\377'; exit 1", "failed: no \ufffd")],
)
def test_otter_ends_and_may_say_anything(tmp_path, vqvae, monkeypatch, script, said):
    program = tmp_path / "otter.sh"
    program.write_text(
        f"#!/bin/sh\nexec {script}\n" if "sleep" in script else f"#!/bin/sh\n{script}\n"
    )
    program.chmod(0o700)
    (tmp_path / "otter" / "en").mkdir(parents=True)
    monkeypatch.setattr(otter, "MOST_SECONDS", 1)
    with pytest.raises(AssignmentError, match=said):
        otter.assign(str(program), tmp_path, vqvae, "en")


def test_a_chapter_that_is_not_there_is_named(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["assignments", "make", "vqva"])
    assert commands.main() == 2
    assert "vqva: no chapter with exercises; there are " in capsys.readouterr().err
