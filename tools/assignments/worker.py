"""The process that runs one notebook of a submission: ``python -m tools.assignments.worker FOLDER``.

It reads ``FOLDER/job.json``, prepares the cases while it is free, hides the solutions, goes behind the walls
of ``sandbox``, and only then runs the submission's cells.  It knows no answers: for each exercise it writes
what the submission's function gives, ``FOLDER/out/CHECKER.npz``, which the marker compares.  ``FOLDER/at``
says what it is doing, so that the marker can go on after it when the process has to be ended.
"""

import gc
import importlib.abc
import importlib.machinery
import json
import os
import re
import signal
import site
import sys
import types
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tools.assignments import sandbox
from tools.assignments.cells import not_run, run_cell
from tools.assignments.questions import Asked, Observation, Question, asked, observe, text

HIDDEN = "tinyaudio.exercises"
NOT_RUN = "not run: "
CALL = re.compile(r"(?m)^(check_\w+)\((\w+)\)\s*$")
SYSTEM = ["/usr/lib", "/usr/lib64", "/usr/share/fonts", "/usr/share/zoneinfo", "/lib", "/lib64"]
SYSTEM += [
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/fonts",
    "/dev/null",
    "/dev/urandom",
    "/dev/zero",
]
SYSTEM += ["/proc/cpuinfo", "/proc/meminfo", "/sys/devices/system/cpu"]


class TimeIsUp(BaseException):
    """Raised in a submission's code; no ``except Exception`` holds it."""


class NoCheckers(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Modules of checkers that check nothing; they keep the answer that they are asked about."""

    def __init__(self) -> None:
        self.given: dict[str, Any] = {}

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        """Every module of exercises is found here."""
        if name == HIDDEN or name.rpartition(".")[0] == HIDDEN:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        """Give the module every checker that is asked for."""

        def get(name: str) -> Any:
            if not name.startswith("check_"):
                raise AttributeError(f"{name}: there are no solutions here")
            return lambda answer: self.given.__setitem__(name, answer)

        module.__getattr__ = get  # type: ignore[method-assign]


def hide(package: str) -> NoCheckers:
    """Forget the modules of exercises, and put empty ones in their place."""
    for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
        del sys.modules[name]
    parent, _, child = package.rpartition(".")
    vars(sys.modules[parent]).pop(child, None)
    finder = NoCheckers()
    sys.meta_path.insert(0, finder)
    gc.collect()  # what only these modules held
    return finder


def readable() -> list[Path]:
    """What Python needs, and tinyaudio without its exercises."""
    found = [Path(one) for one in SYSTEM]
    roots = {Path(one).resolve() for one in (sys.base_prefix, sys.prefix, *site.getsitepackages())}
    home = Path(sys.modules["tinyaudio"].__file__ or "").resolve().parent
    for root in sorted(roots):
        # A folder that holds tinyaudio is opened item by item, without it.
        found += [root] if not home.is_relative_to(root) else around(root, home)
    return found + [one for one in home.iterdir() if one.name != "exercises"]


def around(root: Path, home: Path) -> list[Path]:
    """All that lies in a folder but for `home`."""
    found = []
    for one in root.iterdir():
        if one != home:
            found += around(one, home) if home.is_relative_to(one) else [one]
    return found


def run_cells(
    job: dict[str, Any], names: dict[str, Any], finder: NoCheckers, at: Any
) -> tuple[dict, list]:
    """Run a submission's cells; the answers by checker, and what went wrong."""
    answers: dict[str, Any] = {}
    troubles = []
    for i, code in enumerate(job["cells"]):
        if f"cell {i}" in job["skip"]:
            continue
        at(f"cell {i}")
        calls, handed_out = CALL.findall(code), i in job["handed_out"]
        finder.given.clear()
        action = partial(run_cell, code, bool(calls), names, handed_out)
        trouble = guarded(job["seconds"], action)
        if not handed_out:  # those often need what is not run
            lines: list[int] = []
            if not calls and not trouble.startswith("SyntaxError"):
                guarded(job["seconds"], lambda code=code, lines=lines: lines.extend(not_run(code)))
            if lines:
                where = "lines" if len(lines) > 1 else "line"
                lines_text = ", ".join(map(str, lines))
                troubles.append(f"{NOT_RUN}{where} {lines_text} of code cell {i + 1}")
            if trouble:
                troubles.append(trouble)
        answers |= {check: names[name] for check, name in calls if name in names}
        answers |= finder.given
    for check, name in job["names"].items():
        if check not in answers and name in names:
            answers[check] = names[name]
    return answers, troubles


def guarded(seconds: float, action: Any) -> str:
    """Do something for so many seconds of the processor at most; what went wrong, or nothing."""
    try:
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            action()
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    except TimeIsUp:
        return f"longer than {seconds:g} s"
    except EOFError:
        return "EOFError: it waits for input, which nobody gives"
    except BaseException as error:  # whatever somebody handed in
        try:
            return f"{type(error).__name__}: {error}"[:200]
        except BaseException:
            return "an error that cannot be printed"
    return ""


def time_is_up(number: int, frame: Any) -> None:
    """What the alarm does."""
    raise TimeIsUp


def put(answer: Any, question: Asked, found: Observation) -> None:
    """Put a question to an answer, and replace what was found before."""
    results = observe(answer, question)
    found.clear()
    found.update(results)


def write(path: Path, found: Observation) -> None:
    """Write an observation, whole or not at all."""
    with open(path.with_suffix(".part"), "wb") as file:
        np.savez(file, **found)  # type: ignore[arg-type]
    path.with_suffix(".part").rename(path)


def main() -> None:
    """Do one job."""
    if sys.platform == "linux":
        sandbox.libc().prctl(1, signal.SIGKILL)  # it ends with the marker
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))

    def at(what: str) -> None:
        (folder / "at").write_text(what)

    at("start")
    signal.signal(signal.SIGPROF, time_is_up)
    questions: dict[str, Asked] = {
        check: asked(Question(**one))
        for check, one in job["questions"].items()
        if f"exercise {check}" not in job["skip"]
    }
    names: dict[str, Any] = {"__name__": "__main__"}
    for line in job["imports"]:
        guarded(60, lambda line=line: exec(line, names))  # some are in cells that nobody runs here
    finder = hide(HIDDEN)
    steps = len(job["cells"]) - len(job["handed_out"]) + len(questions) + 1
    sandbox.lock(readable(), folder, job["memory"], int(steps * (job["seconds"] + 1)))
    answers, troubles = run_cells(job, names, finder, at)
    (folder / "out" / "troubles.json").write_text(json.dumps(troubles[:20]))
    for check, question in questions.items():
        at(f"exercise {check}")
        found: Observation = {"case 0": text("not handed in")}
        if check in answers:
            answer = answers[check]
            trouble = guarded(job["seconds"], partial(put, answer, question, found))
            if trouble:
                found = {"case 0": text(trouble)}
        write(folder / "out" / f"{check}.npz", found)
    at("end")
    os._exit(0)  # threads and exit handlers of the submission are of no interest


if __name__ == "__main__":
    main()
