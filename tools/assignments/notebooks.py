"""What a course hands out, from the book's own notebooks: for students, for instructors, for Otter-Grader.

    CHAPTER/student/ko|en/CHAPTER.ipynb      without solutions; hand this out
    CHAPTER/instructor/ko|en/CHAPTER.ipynb   with solutions, points, and the typical mistakes
    CHAPTER/otter/ko|en/…                    with a key: a master notebook for ``otter assign``

The master holds the exercises alone.  Its public tests are the book's checkers, worth nothing; its hidden
tests compare with the key, and are worth the points.
"""

import json
import re
import shutil
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_raw_cell

from tinyaudio.files import atomic_write
from tools.assignments import AssignmentError, key
from tools.assignments.questions import question
from tools.assignments.tasks import Task, tasks
from tools.book import LANGUAGES
from tools.book.edition import select
from tools.book.exercises import exercise_of, is_random
from tools.book.run import stored
from tools.book.source import Chapter
from tools.book.student import student

HERE = Path(__file__).parent
NEWEST = "/archive/refs/heads/main.zip"
OPEN = re.compile(r"(?m)^### (?:열린 문제|Open problem) (\d+\.\d+) ")


def write(out: Path, chapter: Chapter, key_folder: Path | None, tag: str = "") -> int:
    """Write the notebooks of a chapter; returns the points that there are.

    Args:
        out: Of this chapter; what was written before is replaced.
        chapter: The chapter.
        key_folder: The instructor's, for an Otter master.
        tag: Of the edition that Colab installs; without it, the newest.

    Raises:
        BookError: A notebook of the book is missing or stale.
        AssignmentError: There is no key of this chapter.
    """
    asked = tasks(chapter)
    if key_folder:
        key.read(key_folder, chapter)  # is there, and fits, before anything is replaced
    for language in LANGUAGES:
        if (out / "otter" / language / "key.npz").exists():  # perhaps of an older key
            shutil.rmtree(out / "otter" / language)
        handed = pinned(student(chapter, language), tag)
        save(out / "student" / language / f"{chapter.name}.ipynb", handed)
        save(
            out / "instructor" / language / f"{chapter.name}.ipynb",
            pinned(instructor(chapter, asked, language), tag),
        )
        if key_folder:
            write_master(out / "otter" / language, chapter, asked, language, key_folder, handed)
    return sum(task.points for task in asked)


def pinned(notebook: NotebookNode, tag: str) -> NotebookNode:
    """The notebook with one edition in place of the newest in its setup cell, which Colab runs."""
    for cell in notebook.cells if tag else ():
        if "setup" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace(NEWEST, f"/archive/refs/tags/{tag}.zip")
    return notebook


def save(path: Path, notebook: NotebookNode) -> None:
    """Write a notebook."""
    nbformat.validate(notebook)
    put(path, (nbformat.writes(notebook) + "\n").encode())


def put(path: Path, content: bytes) -> None:
    """Write a file, whole or not at all."""
    with atomic_write(path) as file:
        file.write(content)


def instructor(chapter: Chapter, asked: list[Task], language: str) -> NotebookNode:
    """The chapter with its solutions and notes: points, typical mistakes, and where the rubric is needed."""
    notebook = stored(chapter, language)
    if notebook is None:
        raise AssignmentError(
            f"{chapter.name}: has no {language} notebook; python -m tools.book make first"
        )
    cells, rest = [], iter(asked)
    for cell in notebook.cells:
        cells.append(cell)
        if "solution" in cell.metadata.get("tags", []):
            cells.append(new_markdown_cell(note(next(rest), language), id=f"note-{cell.id}"))
        elif OPEN.search(cell.source):
            cells.append(new_markdown_cell(RUBRIC[language], id=f"note-{cell.id}"))
    cells.insert(1, new_markdown_cell(summary(asked, language), id="note-summary"))
    notebook.cells = cells
    notebook.metadata["tinyaudio"] = {
        "source": f"book/src/{chapter.name}.md",
        "edition": "instructor",
    }
    return notebook


RUBRIC = {
    "ko": "**강의자에게.** 검사기가 없습니다. 강의자용 쪽의 채점 기준으로 12점 만점에 채점하십시오.",
    "en": "**For instructors.** There is no checker; mark it out of 12 by the rubric on the instructors' page.",
}


def summary(asked: list[Task], language: str) -> str:
    """What a chapter's exercises are worth, and how long they take."""
    points, minutes = (sum(getattr(task, one) for task in asked) for one in ("points", "minutes"))
    if language == "ko":
        head = f"**강의자에게.** 연습 {len(asked)}개, {points}점, {minutes}분."
        return head + " 풀이마다 배점과 흔한 오답을 적었습니다. 학생에게 나누어 주지 마십시오."
    head = f"**For instructors.** Exercises: {len(asked)}, points: {points}, minutes: {minutes}."
    return head + " Points and typical mistakes stand after each solution. Do not hand this out."


def note(task: Task, language: str) -> str:
    """What an instructor wants to know about an exercise."""
    exercise = exercise_of(task.check)
    fixed = not is_random(exercise)
    if language == "ko":
        head = f"**강의자에게.** {task.points}점, {task.minutes}분."
        head += " 시드를 바꾸어도 숨은 입력이 바뀌지 않습니다." if fixed else ""
        head += f" 이름을 아는 오답: {len(exercise.mistakes)}가지."
        return "\n".join([head, "", *(f"- {one.korean}" for one in exercise.mistakes)])
    head = f"**For instructors.** Points: {task.points}, minutes: {task.minutes}."
    head += " Another seed does not change its hidden inputs." if fixed else ""
    head += f" Mistakes known by name: {len(exercise.mistakes)}."
    return "\n".join([head, "", *(f"- {one.english}" for one in exercise.mistakes)])


def write_master(
    folder: Path,
    chapter: Chapter,
    asked: list[Task],
    language: str,
    key_folder: Path,
    handed: NotebookNode,
) -> None:
    """Write an Otter master with the files that its hidden tests need."""
    put(folder / "key.npz", (key_folder / "answers" / f"{chapter.name}.npz").read_bytes())
    for name in ("questions.py", "hidden.py"):
        put(folder / name, (HERE / name).read_bytes())
    seed = key.seed_of(key_folder)
    about = {}
    for task in asked:
        exercise = exercise_of(task.check)
        about[task.checker] = {
            "question": asdict(question(task.check, seed, judged=True)),
            "tolerance": exercise.tolerance,
            "codes": exercise.codes,
            "mistakes": [
                one.korean if language == "ko" else one.english for one in exercise.mistakes
            ],
        }
    put(folder / "key.json", json.dumps(about, ensure_ascii=False).encode())
    save(folder / f"{chapter.name}.ipynb", master(chapter, asked, language, handed))


def master(
    chapter: Chapter, asked: list[Task], language: str, handed: NotebookNode
) -> NotebookNode:
    """The exercises of what is handed out, in the format of ``otter assign``."""
    texts = [
        before.source
        for before, cell in pairwise(handed.cells)
        if "exercise" in cell.metadata.get("tags", [])
    ]
    setup = next(cell for cell in handed.cells if "setup" in cell.metadata.get("tags", []))
    config = [
        "# ASSIGNMENT CONFIG",
        f"name: {chapter.name}",
        "export_cell: {pdf: false, run_tests: true}",
        "init_cell: true",
        "tests: {files: true}",  # none in a notebook's metadata, which Colab drops
        "autograder_files: [hidden.py, questions.py, key.json, key.npz]",
        "generate: {show_hidden: false}",
    ]
    cells = [new_raw_cell("\n".join(config)), new_code_cell(setup.source)]
    cells.append(new_code_cell(asked[-1].cells.imports))
    for text, task in zip(texts, asked, strict=True):
        cells += question_cells(text, task, language)
    notebook = new_notebook(cells=cells)
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "language_info": {"name": "python"},
            "tinyaudio": {"source": f"book/src/{chapter.name}.md", "edition": "otter"},
        }
    )
    return notebook


def question_cells(text: str, task: Task, language: str) -> list[NotebookNode]:
    """One exercise: its text, stub and solution, and its tests."""
    stub, right = (
        select(one, language).split("\n") for one in (task.cells.stub, task.cells.solution)
    )
    asks = [line for line in right if line.startswith("check_")]
    begins = [line for line in stub if line.startswith(("import ", "from "))]
    body = [line for line in stub if line not in begins and not line.startswith("check_")]
    solved = [line for line in right if line not in asks]
    answer = [
        *begins,
        "",
        '""" # BEGIN PROMPT',
        *("\n".join(body).strip().split("\n")),
        '""" # END PROMPT',
        "# BEGIN SOLUTION NO PROMPT",
        *("\n".join(solved).strip().split("\n")),
        "# END SOLUTION",
        "",
        *asks,
    ]
    public = [
        '""" # BEGIN TEST CONFIG',
        "points: 0",
        '""" # END TEST CONFIG',
        f"assert {task.checker}({task.name})",
    ]
    secret = [
        '""" # BEGIN TEST CONFIG',
        f"points: {task.points}",
        "hidden: true",
        '""" # END TEST CONFIG',
        "from hidden import trouble",
        f'assert not trouble("{task.checker}", {task.name}), trouble("{task.checker}", {task.name})',
    ]
    name = f"q{task.number.replace('.', '_')}"
    text = re.sub(r'<a href="#[^"]*">([^<]*)</a>', r"\1", text)  # its equations are in the chapter
    return [
        new_raw_cell(f"# BEGIN QUESTION\nname: {name}\npoints: {task.points}"),
        new_markdown_cell(text),
        new_raw_cell("# BEGIN SOLUTION"),
        new_code_cell("\n".join(answer)),
        new_raw_cell("# END SOLUTION"),
        new_raw_cell("# BEGIN TESTS"),
        new_code_cell("\n".join(public)),
        new_code_cell("\n".join(secret)),
        new_raw_cell("# END TESTS"),
        new_raw_cell("# END QUESTION"),
    ]
