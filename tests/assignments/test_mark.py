"""Marking: right answers count, whatever is beside them, and nothing that is handed in gets out."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.assignments.conftest import POINTS, RIGHT, answers, cell, notebook
from tinyaudio.cli.submit import pack
from tools.assignments import AssignmentError, key, mark, notebooks, running, sandbox, worker
from tools.assignments import __main__ as commands
from tools.assignments.submissions import submissions
from tools.assignments.tasks import chapters, tasks
from tools.book import ROOT
from tools.book.edition import select

BLANK = "raise NotImplementedError"
LIMITS = running.Limits(seconds=2)
linux = pytest.mark.skipif(bool(sandbox.missing()), reason="the walls are Linux's")


@pytest.fixture
def class_folder(tmp_path):
    (tmp_path / "class").mkdir()
    return tmp_path / "class"


def hand_in(folder, name, text):
    (folder / f"{name}.ipynb").write_text(text, encoding="utf-8")


def marks(folder, key_folder, chapter, tmp_path, limits=LIMITS):
    """The table's rows by name, and the feedback's text by name."""
    marked = mark.mark(folder, key_folder, [chapter], limits)
    mark.write_table(tmp_path / "marks.csv", marked, [chapter])
    mark.write_feedback(tmp_path / "feedback", marked, [chapter], "en")
    with open(tmp_path / "marks.csv", encoding="utf-8-sig", newline="") as file:
        rows = {row["name"]: row for row in csv.DictReader(file)}
    pages = {
        one.name: one.read_text(encoding="utf-8") for one in (tmp_path / "feedback").glob("*.md")
    }
    return rows, pages


# ------------------------------------------------------------------- two submissions, quickly


@linux
def test_a_right_one_gets_all_and_a_tampered_one_nothing(class_folder, key_folder, vqvae, tmp_path):
    """One that replaces the checkers, and writes and reads where it should not."""
    outside = tmp_path / "outside.txt"
    tampered = f"""
def check_nearest(answer): return True
import tinyaudio.exercises.vqvae as v
v.check_nearest = check_nearest
def nearest(z, codebook):
    found = []
    for path in ({str(key_folder / "seed.txt")!r}, {str(Path(__file__))!r}, "/etc/passwd"):
        try: found.append(open(path).read())
        except OSError: pass
    try: open({str(outside)!r}, "w").write("out")
    except OSError: pass
    assert not found, "READ SOMETHING"
    return z[:, 0].long() * 0
"""
    trains = "    torch.optim.SGD([torch.ones(1, requires_grad=True)], 0.1).step()\n    return"
    nearest = RIGHT["nearest"].replace("    return", trains)  # an optimizer imports much
    before = ["this is no Python", "plot(1)"]
    hand_in(class_folder, "good", answers(before=before, nearest=nearest))
    hand_in(class_folder, "tampered", notebook([cell("nearest", tampered)]))
    rows, pages = marks(class_folder, key_folder, vqvae, tmp_path, running.Limits())
    assert rows["good"]["points"] == rows["good"]["of"] == "8"
    assert rows["tampered"]["points"] == "0" and not outside.exists()
    assert (
        "READ SOMETHING" not in pages["tampered.ipynb.md"] and "9.1" in pages["tampered.ipynb.md"]
    )
    assert "There is no function" in pages["tampered.ipynb.md"]  # of the other three


# ----------------------------------------------------------------------------- a class of thirty


def a_class(folder, vqvae, key_folder, outside):
    """Thirty submissions; returns the points that each should get."""
    want = {}

    def add(name, points, text):
        want[name] = points
        hand_in(folder, name, text)

    all_of = sum(POINTS.values())
    for name in ("김 하늘", "이도윤 2026-11", "Zoë O'Brien", "=cmd()", "박서연"):
        add(name, all_of, answers())
    stub = notebook(
        [
            select(one.text, "ko")
            for one in vqvae.cells
            if one.kind == "code" and "solution" not in one.tags
        ]
    )
    add("stub", 0, stub)
    add("empty notebook", 0, notebook([]))
    want["empty file"] = 0
    (folder / "empty file.ipynb").write_bytes(b"")
    want["no zip"] = 0
    (folder / "no zip.zip").write_bytes(b"PK no zip")
    want["empty folder"] = 0
    (folder / "empty folder").mkdir()
    add("wrong", all_of - 1, answers(nearest=RIGHT["nearest"].replace("argmin", "argmax")))
    add(
        "no gradient",
        all_of - 2,
        answers(quantize=RIGHT["quantize"].replace("z + (e - z).detach()", "e")),
    )
    add("crashing cell", all_of, answers(before=["import nothing_of_this_name", "1/0"]))
    add("crashing function", all_of - 3, answers(ema="def ema(*a):\n    return [][1]"))
    add("endless loop in a cell", all_of, answers(before=[cell("nearest", "while True: pass")]))
    loop = "def quantize(z, codebook):\n    while True:\n        try: pass\n        except BaseException: pass"
    add("endless loop in a function", all_of - 2, answers(quantize=loop))
    deaf = "import signal\nsignal.signal(signal.SIGPROF, signal.SIG_IGN)\n" + loop
    add("endless loop that hears no alarm", all_of - 2, answers(quantize=deaf))
    add(
        "prints megabytes",
        all_of,
        answers(before=[cell("x", "x = 1\nfor i in range(50): print('x' * 2**20)")]),
    )
    add("input", all_of, answers(before=[cell("x", "x = input('name?')")]))
    add("deleted cells", POINTS["nearest"], answers(quantize=None, two_terms=None, ema=None))
    add("os._exit", all_of - 2, answers(two_terms="def two_terms(*a):\n    import os; os._exit(0)"))
    crash = "def two_terms(*a):\n    import ctypes; ctypes.string_at(0)"
    add("segmentation fault", all_of - 2, answers(two_terms=crash))
    checker = "def check_ema(a): return True\ndef check_nearest(a): return True\ndef nearest(*a): return 0"
    add("tampered checker", 0, notebook([checker, cell("nearest", checker), "check_ema(nearest)"]))
    bomb = "import os\nwhile True:\n    try: os.fork()\n    except OSError: break\nfork_bomb_ended = 1\n"
    bomb += "import threading, subprocess\nsubprocess.run(['sh', '-c', 'echo'])"
    add("fork bomb", all_of, answers(before=[cell("x", "x = 1\n" + bomb)]))
    spy = f"""
def nearest(z, codebook):
    import glob, gc, numpy, os, sys, socket
    got = []
    for path in [{str(key_folder / "answers" / "vqvae.npz")!r}, *glob.glob("/proc/*/mem"), {__file__!r}]:
        try: got.append(open(path, "rb").read(10))
        except OSError: pass
    try:
        from tinyaudio.exercises.nearest_code import NEAREST
        got.append(NEAREST)
    except (ImportError, AttributeError): pass
    got += [o for o in gc.get_objects() if type(o).__name__ == "Exercise"]
    try: got.append(socket.create_connection(("127.0.0.1", PORT)))
    except OSError: pass
    assert not got, "SPIED " + repr(got)[:150]
    return z[:, 0].long() * 0
"""
    add("reads the answer key", all_of - 1, answers(nearest=spy))
    writes = f"""
import os, shutil
for action in (lambda: open({str(outside)!r} + "/x", "w"), lambda: os.remove({str(outside)!r} + "/kept"),
               lambda: os.rename("job.json", {str(outside)!r} + "/x"), lambda: os.chmod({str(outside)!r}, 0),
               lambda: os.symlink({str(outside)!r}, "../out/link"), lambda: open("/dev/shm/tinyaudio-x", "w")):
    try: action()
    except OSError: pass
x = 1"""
    add("writes outside", all_of, answers(before=[cell("x", writes)]))
    fill = "x = 1\nfor i in range(2000): open(f'{i}', 'wb').write(bytes(2**22))"
    add("fills the disk", all_of, answers(before=[cell("x", fill)]))
    memory = "def ema(*a):\n    return torch.zeros(10**11)"
    add("takes all memory", all_of - 3, answers(ema=memory))
    left = "import ctypes\nc = ctypes.CDLL(None)\nassert c.shmget(42, 4096, 0o1666) == -1, 'SPIED'"
    add("leaves memory behind", all_of, answers(before=[cell("x", left + "\nx = 1")]))
    helped = "def nearest(z, codebook):\n    return distances(z, codebook).argmin(1) + ZERO - MORE"
    more = ["data = train(9)", "import math\nn = data[0]\nZERO: int = int(math.sqrt(0))"]
    own = "MORE = 0\ndistances = lambda z, codebook: torch.cdist(z, codebook)"
    add("uses what it defined elsewhere", all_of, answers(before=[*more, own], nearest=helped))
    add("가" * 80, all_of, answers())  # 240 bytes
    folder_in = folder / "folders in folders"
    want[folder_in.name] = all_of
    folder_in.mkdir()
    hand_in(folder_in, "vqvae", answers())
    for _ in range(30):
        folder_in = folder_in / "d"
        folder_in.mkdir()
    deep = '{"cells": ' + "[" * 50_000
    add("deep file", 0, deep)
    pack([folder / "박서연.ipynb"], "최 은 지 (분반 2)", folder / "상자.zip")
    with zipfile.ZipFile(folder / "상자.zip", "a") as packed:
        packed.writestr("../../slip.ipynb", "no notebook")
    want["최 은 지 (분반 2)"] = all_of
    return want


@pytest.mark.slow
@linux
def test_a_class_of_thirty(class_folder, key_folder, vqvae, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    before = {str(one) for one in tmp_path.rglob("*")}
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        want = a_class(class_folder, vqvae, key_folder, outside)
        spy = class_folder / "reads the answer key.ipynb"
        spy.write_text(spy.read_text().replace("PORT", str(server.getsockname()[1])))
        handed = {one: one.read_bytes() for one in class_folder.rglob("*") if one.is_file()}
        begin = time.monotonic()
        rows, pages = marks(class_folder, key_folder, vqvae, tmp_path)
        took = time.monotonic() - begin
        with pytest.raises(TimeoutError):
            server.accept()
    print(f"\n{len(rows)} submissions in {took:.0f} s")
    for row in rows.values():
        print(f"{row['name']:34} {row['points']}/{row['of']}  {row['remarks'][:90]}")
    assert len(want) >= 30 and len(rows) == len(want) == len(pages)
    got = {name.lstrip("'"): int(row["points"]) for name, row in rows.items()}
    assert got == want
    assert rows.keys() >= {"'=cmd()"}  # no formula
    assert not any("SPIED" in page for page in pages.values())
    assert "argmin" in pages["wrong.ipynb.md"] or "arthest" in pages["wrong.ipynb.md"]
    assert {one: one.read_bytes() for one in handed} == handed
    assert (outside / "kept").read_text() == "mine" and os.listdir(outside) == ["kept"]
    assert outside.stat().st_mode & 0o700 == 0o700 and not Path("/dev/shm/tinyaudio-x").exists()
    new = {str(one) for one in tmp_path.rglob("*")} - before - set(map(str, handed))
    made = tuple(str(tmp_path / one) for one in ("marks.csv", "feedback", "class"))
    assert all(one.startswith(made) for one in new)
    assert took < 40 * 30


@pytest.mark.slow
@linux
@pytest.mark.parametrize("chapter", chapters(), ids=[one.name for one in chapters()])
def test_of_every_chapter_the_instructors_notebook_gets_all_and_the_students_nothing(
    chapter, class_folder, tmp_path
):
    """As they are made, with every cell of the chapter."""
    key.write(tmp_path / "key", chapter, key.seed_of(tmp_path / "key", 7))
    notebooks.write(tmp_path / "made", chapter, None)
    for kind, language in (("instructor", "en"), ("student", "ko")):
        made = tmp_path / "made" / kind / language / f"{chapter.name}.ipynb"
        shutil.copy(made, class_folder / f"{kind}.ipynb")
    rows, pages = marks(class_folder, tmp_path / "key", chapter, tmp_path, running.Limits())
    assert (
        rows["instructor"]["points"] == rows["instructor"]["of"]
        and not rows["instructor"]["remarks"]
    )
    assert rows["student"]["points"] == "0" and not rows["student"]["remarks"]
    assert pages["student.ipynb.md"].count("Not written.") == len(tasks(chapter))


# ------------------------------------------------------------------------------ one by one


@linux
def test_the_reference_gets_all_and_every_mistake_is_named(key_folder, vqvae):
    """By arrays alone; the planted mistakes of all chapters are a slow check."""
    found = key.read(key_folder, vqvae)
    check_named(found, vqvae)


def check_named(found, chapter):
    for task in tasks(chapter):
        answers = found[task.checker]
        if task.checker in key.JUDGED:  # these are verdicts already, of which 0 is right
            assert all(not value.any() for value in answers.right.values())
            assert all(any(v.any() for v in one.values()) for one in answers.mistakes)
            continue
        assert key.verdict(task, answers.right, answers).right
        exercise = key.exercise_of(task.check)
        for mistake, given in zip(exercise.mistakes, answers.mistakes, strict=True):
            said = key.verdict(task, given, answers)
            assert not said.right and said.english == mistake.english


def test_what_was_forged_is_no_result(tmp_path, vqvae):
    """Objects, zip bombs and links in the folder that a submission may write to."""
    nearest, quantize, terms, ema = tasks(vqvae)
    np.savez(tmp_path / "check_nearest.npz", **{"case 0": np.array([print], dtype=object)})
    with zipfile.ZipFile(tmp_path / "check_quantize.npz", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("case 0.npy", bytes(running.MOST_RESULT + 1))
    (tmp_path / "check_two_terms.npz").symlink_to(__file__)
    (tmp_path / "check_ema.npz").write_bytes(b"text")
    found = running.results(tmp_path, [nearest, quantize, terms, ema])
    assert found.keys() == {"check_nearest", "check_quantize", "check_ema"}
    assert all(str(one["case 0"]).startswith("unreadable results") for one in found.values())


def test_one_that_breaks_the_marker_does_not_stop_the_rest(
    class_folder, key_folder, vqvae, tmp_path, monkeypatch
):
    def break_first(one, *others):
        if one.name == "a":
            raise RecursionError("deep")
        return mark.Marked(one)

    monkeypatch.setattr(mark, "mark_one", break_first)
    hand_in(class_folder, "a", answers())
    hand_in(class_folder, "b", answers())
    rows, _ = marks(class_folder, key_folder, vqvae, tmp_path)
    assert (
        rows["a"]["remarks"] == "the marker failed: RecursionError: deep"
        and rows["b"]["remarks"] == ""
    )


def test_an_exercise_that_cannot_be_judged_costs_no_other(
    class_folder, key_folder, vqvae, tmp_path, monkeypatch
):
    right = {check: answers.right for check, answers in key.read(key_folder, vqvae).items()}

    def judge(task, *others):
        if task.checker == "check_quantize":
            raise RuntimeError("no array")
        return key.verdict(task, *others)

    monkeypatch.setattr(mark, "run", lambda *_: (right, []))
    monkeypatch.setattr(mark, "verdict", judge)
    hand_in(class_folder, "a", answers())
    rows, pages = marks(class_folder, key_folder, vqvae, tmp_path)
    assert int(rows["a"]["points"]) == sum(POINTS.values()) - POINTS["quantize"]
    assert rows["a"]["remarks"] == "9.2 was not marked; look at it yourself: RuntimeError: no array"
    assert "Not marked: RuntimeError: no array" in pages["a.ipynb.md"]


@pytest.mark.parametrize(
    "kind", ["m8[s]", "M8[s]", "V4", "S3", "c16", "i1", "?", "f2", [("a", "i4")]]
)
def test_arrays_of_any_type_and_shape_are_judged(vqvae, key_folder, kind):
    found = key.read(key_folder, vqvae)
    for task in tasks(vqvae):
        for shape in ((), (0,), (2, 0, 3), (3, 1)):
            given = {one: np.zeros(shape, kind) for one in found[task.checker].right}
            assert not key.verdict(task, given, found[task.checker]).right


def test_names_that_are_no_text_lose_no_marks(
    class_folder, key_folder, vqvae, tmp_path, monkeypatch
):
    """Korean names in the bytes of another encoding, and half of a pair of surrogates."""
    said = ["\ud800"]
    monkeypatch.setattr(mark, "mark_one", lambda one, *_: mark.Marked(one, troubles=said))
    (class_folder / os.fsdecode("홍길동.ipynb".encode("cp949"))).write_text(answers())
    hand_in(class_folder, "b", answers())
    rows, _ = marks(class_folder, key_folder, vqvae, tmp_path)
    assert len(rows) == 2 and rows["b"]["remarks"] == "\\ud800"


def test_damaged_zips_and_equal_names_lose_nothing(class_folder, tmp_path):
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as packed:
        for attempt in (1, 2):
            packed.writestr(f"attempt-{attempt}/vqvae.ipynb", answers())
    content = bytearray(whole.read_bytes())
    (class_folder / "a.zip").write_bytes(content)
    content[60:90] = bytes(30)  # within the first file's data
    (class_folder / "b.zip").write_bytes(content)
    (class_folder / "c" / "ko").mkdir(parents=True)
    (class_folder / "c" / "en").mkdir()
    hand_in(class_folder / "c" / "ko", "vqvae", answers())
    hand_in(class_folder / "c" / "en", "vqvae", notebook([]))
    a, b, c = submissions(class_folder)
    assert [*a.notebooks] == [f"a.zip/attempt-{n}/vqvae.ipynb" for n in (1, 2)]
    assert "b.zip" in b.trouble
    assert sorted(c.notebooks) == ["c/en/vqvae.ipynb", "c/ko/vqvae.ipynb"]


def test_deep_folders_and_those_of_systems_stop_nothing(class_folder, tmp_path):
    deep = class_folder / "a"
    deep.mkdir()
    hand_in(deep, "vqvae", answers())
    for hidden in (".ipynb_checkpoints", "__MACOSX"):
        (deep / hidden).mkdir()
        hand_in(deep / hidden, "vqvae-checkpoint", answers())
    for _ in range(1200):  # deeper than Python recurses
        deep = deep / "d"
        os.mkdir(deep)
    hand_in(class_folder, "b", answers())
    with zipfile.ZipFile(class_folder / "c.zip", "w") as packed:
        packed.writestr("ko/.ipynb_checkpoints/vqvae-checkpoint.ipynb", answers())
        packed.writestr("student/mine.zip", b"")
    try:
        a, b, c = submissions(class_folder)
    finally:
        os.removedirs(deep)
    assert [*a.notebooks] == ["a/vqvae.ipynb"] and [*b.notebooks] == ["b.ipynb"]
    assert a.trouble == "folders in folders, more than 20, were not read"
    assert not c.notebooks and c.trouble == "c.zip: holds other zips; unpack it first"


def test_feedback_is_in_the_notebooks_language_and_names_what_is_missing(
    class_folder, key_folder, vqvae, tmp_path, monkeypatch
):
    given = {task.checker: {"case 0": np.array("longer than 10 s")} for task in tasks(vqvae)}
    monkeypatch.setattr(mark, "run", lambda *_: (given, []))
    for name, language in (("a", "ko"), ("b", "en")):
        hand_in(class_folder, name, answers(before=[f'set_language("{language}")']))
    (class_folder / "c").mkdir()
    marked = mark.mark(class_folder, key_folder, [vqvae], LIMITS, progress=False)
    mark.write_feedback(tmp_path, marked, [vqvae])
    a, b, c = (
        (tmp_path / name).read_text("utf-8") for name in ("a.ipynb.md", "b.ipynb.md", "c.md")
    )
    assert "점수: 0/8" in a and a.count("결과를 얻지 못했습니다: 10초가 넘게 걸립니다.") == 4
    assert "Points: 0/8" in b and b.count("No result: longer than 10 s") == 4
    assert "- ✘ 9장: 채점할 노트북이 없습니다." in c


def test_long_names_of_files_get_a_page_each():
    long = ["가" * 80 + f"{i}.ipynb" for i in range(2)]
    made = [mark.page_name(one) for one in long]
    assert made[0] != made[1] and all(len(os.fsencode(one)) <= 200 for one in made)
    assert mark.page_name("홍 길동.zip") == "홍 길동.zip"
    assert len({mark.page_name(f"a{c}b.zip") for c in "\x01\x02_"}) == 3


def test_pages_of_an_earlier_marking_are_removed(tmp_path, vqvae):
    (tmp_path / "gone.zip.md").write_text("of somebody who took it back")
    mark.write_feedback(tmp_path, [], [vqvae])
    assert not [*tmp_path.iterdir()]


def run_mark(monkeypatch, *words):
    monkeypatch.setattr("sys.argv", ["assignments", "mark", *map(str, words)])
    monkeypatch.setattr(sandbox, "missing", list)
    return commands.main()


def test_an_earlier_table_is_replaced_only_if_asked(
    class_folder, key_folder, tmp_path, monkeypatch, capsys
):
    """And what was marked before Ctrl-C lies beside it."""
    out = tmp_path / "marks.csv"
    words = (class_folder, "--key", key_folder, "--chapters", "9", "--out", out)
    hand_in(class_folder, "a", answers())
    hand_in(class_folder, "b", answers())
    monkeypatch.setattr(mark, "mark_one", lambda one, *_: mark.Marked(one))
    assert run_mark(monkeypatch, *words) == 0
    out.write_text("corrected by hand")
    assert run_mark(monkeypatch, *words) == 2
    assert "was marked before, and may hold corrections" in capsys.readouterr().err

    def stop(one, *_):
        if one.name == "b":
            raise KeyboardInterrupt
        return mark.Marked(one)

    monkeypatch.setattr(mark, "mark_one", stop)
    assert run_mark(monkeypatch, *words, "--replace") == 2
    assert "stopped; the rest was not marked" in capsys.readouterr().err
    assert out.read_text() == "corrected by hand"
    partial = (tmp_path / "marks_partial.csv").read_text("utf-8-sig")
    assert "a.ipynb" in partial and "b.ipynb" not in partial
    pages = {one.name: len([*one.iterdir()]) for one in tmp_path.glob("*_feedback")}
    assert pages == {"marks_feedback": 2, "marks_partial_feedback": 1}
    monkeypatch.setattr(mark, "mark_one", lambda one, *_: mark.Marked(one))
    assert run_mark(monkeypatch, *words, "--replace") == 0
    assert "b.ipynb" in out.read_text("utf-8-sig")


def test_students_names_are_not_for_the_repository():
    names = ["marks.csv", "marks_feedback/a.md", "marks_partial.csv", "marks_partial_feedback/a.md"]
    words = ["git", "check-ignore", *names]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.split() == names


def test_lines_that_were_not_run_are_said_where_marks_were_lost(
    class_folder, key_folder, vqvae, tmp_path, monkeypatch
):
    right = {check: one.right for check, one in key.read(key_folder, vqvae).items()}
    said = ["not run: line 2 of code cell 1", "a cell was left out"]
    hand_in(class_folder, "a", answers())
    for given, remarks in ((right, said[1]), (right | {"check_ema": {}}, "; ".join(said))):
        monkeypatch.setattr(mark, "run", lambda *_, given=given: (given, list(said)))
        rows, _ = marks(class_folder, key_folder, vqvae, tmp_path)
        assert rows["a"]["remarks"] == remarks


def test_lines_of_added_cells_that_are_not_run_are_said():
    cells = ["x = train(1)", "y = train(2)", "import os\n\nz = train(3)\nw = train(4)"]
    job = {"cells": cells, "handed_out": [0], "skip": [], "seconds": 5, "names": {}}
    before = signal.signal(signal.SIGPROF, worker.time_is_up)
    try:
        _, said = worker.run_cells(job, {}, worker.NoCheckers(), lambda what: None)
    finally:
        signal.signal(signal.SIGPROF, before)
    assert said == ["not run: line 1 of code cell 2", "not run: lines 3, 4 of code cell 3"]


def test_a_zip_loses_no_notebook_by_what_else_is_in_it(class_folder):
    for name, about in (("a", "no json"), ("b", '{"name": "Lee"}'), ("B 12", '{"name": "b"}')):
        with zipfile.ZipFile(class_folder / f"{name}.zip", "w") as packed:
            packed.writestr("submission.json", about)
            packed.writestr("vqvae.ipynb", answers())
            for i in range(200 if name == "a" else 0):
                packed.writestr(f"{i}.ipynb", answers())
    both, a, b = submissions(class_folder)
    assert len(a.notebooks) == 199 and a.trouble.split("; ") == [
        "a.zip: of more than 200 files, not all were read",
        "a.zip: submission.json: unreadable (JSONDecodeError)",
    ]
    assert b.trouble == "b.zip: says that it is by Lee" and b.name == "Lee"
    assert [*b.notebooks] == ["b.zip/vqvae.ipynb"] and both.trouble == ""


def test_files_of_other_kinds_are_named(class_folder, key_folder, vqvae, monkeypatch, capsys):
    monkeypatch.setattr(mark, "mark_one", lambda one, *_: mark.Marked(one))
    hand_in(class_folder, "a", answers())
    (class_folder / "b.rar").write_bytes(b"")
    (class_folder / ".DS_Store").write_bytes(b"")
    mark.mark(class_folder, key_folder, [vqvae], LIMITS, progress=False)
    assert capsys.readouterr().err == "no zip, no notebook and no folder: b.rar\n"


def test_a_pipe_or_a_link_in_place_of_the_place_is_read_as_nothing(tmp_path):
    os.mkfifo(tmp_path / "at")
    assert running.place(tmp_path) == ""
    os.remove(tmp_path / "at")
    (tmp_path / "at").symlink_to(__file__)
    assert running.place(tmp_path) == ""


@linux
def test_a_submission_that_is_ever_elsewhere_ends(class_folder, key_folder, vqvae, tmp_path):
    restless = "import os\nopen('../at', 'w').write('cell ' + os.urandom(4).hex())\nos._exit(1)"
    hand_in(class_folder, "restless", answers(before=[cell("x", "x = 1\n" + restless)]))
    rows, _ = marks(class_folder, key_folder, vqvae, tmp_path)
    assert "the process ended" in rows["restless"]["remarks"]


def test_what_cannot_be_marked_is_said(tmp_path, key_folder, vqvae):
    with pytest.raises(AssignmentError, match="none: is no folder; name the one"):
        mark.mark(tmp_path / "none", key_folder, [vqvae], LIMITS)
    with pytest.raises(AssignmentError, match="holds no zip, no notebook and no folder"):
        mark.mark(tmp_path, key_folder, [vqvae], LIMITS)


def test_a_key_of_another_seed_or_in_the_repository_is_refused(tmp_path, key_folder, vqvae):
    shutil.copytree(key_folder, tmp_path / "key")
    (tmp_path / "key" / "seed.txt").write_text("1")
    with pytest.raises(AssignmentError, match=r"of another edition or seed; run .* key"):
        key.read(tmp_path / "key", vqvae)
    with pytest.raises(AssignmentError, match="lies in the repository, which is public"):
        key.seed_of(Path(__file__).parent / "key")
    (tmp_path / "key" / "seed.txt").write_text("one")
    with pytest.raises(AssignmentError, match="should hold one integer"):
        key.seed_of(tmp_path / "key")


def test_a_table_has_no_formulas_and_no_line_breaks():
    assert mark.plain("=1+1") == "'=1+1" and mark.plain("a\nb") == "a b" and mark.plain(3) == 3


def test_json_is_data(tmp_path):
    (tmp_path / "troubles.json").write_text(json.dumps(["x" * 999, 3]))
    assert running.said_troubles(tmp_path) == ["x" * 200, "3"]
    (tmp_path / "troubles.json").write_text("[" * 9999)
    assert running.said_troubles(tmp_path) == ["unreadable results"]
