"""What it takes to run a chapter: seconds, memory, and the minutes of its exercises.

Seconds and peak memory were measured in the kernel when the chapter was executed, and stand in the
notebook's record.  The exercises say in their headings how hard they are and how long they take:

    ### 연습 1.2 신호 대 잡음비 (★★, 10분)
    ### Exercise 1.2 Signal-to-noise ratio (★★, 10 minutes)

``{measured}`` in a source's text is replaced by two sentences with both.
"""

import re
from dataclasses import dataclass
from typing import Any

from tools.book.source import Chapter, pairs, where

PLACEHOLDER = "{measured}"
HEADING = re.compile(r"(?m)^### +(?:연습|Exercise)\b.*$")
EXERCISE = re.compile(
    r"### (?:연습|Exercise) (?P<number>\d+\.\d+) \S.* "
    r"\((?P<stars>★{1,5}), (?P<minutes>\d+)(?:분| minutes?)\)"
)

# Run in the kernel.  Seconds are those of the clock, or of the processor where these are fewer: the
# kernel has one thread, so what the clock shows beyond them is what other programs took.  A process
# that was started by a larger one inherits that one's ru_maxrss on Linux, so there the kernel's own
# high-water mark is read; ru_maxrss is in bytes on macOS.
BEGIN = """
import os as _os, time as _time
_began = _time.monotonic(), sum(_os.times()[:4])
"""
END = """
import json as _json, os as _os, re as _re, time as _time
_seconds = min(_time.monotonic() - _began[0], sum(_os.times()[:4]) - _began[1])
try:
    with open("/proc/self/status") as _status:
        _peak = 1024 * int(_re.search(r"VmHWM:\\s*(\\d+)", _status.read())[1])
except OSError:
    import resource as _resource
    _peak = _resource.getrusage(_resource.RUSAGE_SELF).ru_maxrss
print(_json.dumps({"seconds": round(_seconds, 1), "memory_gb": round(_peak / 1e9, 2)}))
"""

COUNT_KO = ("", "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉", "열")
COUNT_EN = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


@dataclass(frozen=True)
class Heading:
    """What an exercise's heading says."""

    number: str
    stars: int
    minutes: int


def keep_if_close(new: dict[str, float], old: dict[str, float] | None) -> dict[str, float]:
    """The old measurement if the new one is within 25 %, so that a busy machine does not rewrite the book.

    Example:
        >>> keep_if_close({"seconds": 23.0, "memory_gb": 1.02}, {"seconds": 20.0, "memory_gb": 1.0})
        {'seconds': 20.0, 'memory_gb': 1.0}
    """
    if not old or old.keys() != new.keys():
        return new
    close = all(abs(new[k] - old[k]) <= max(0.25 * old[k], 0.05) for k in new)
    return old if close else new


def headings(chapter: Chapter, language: str) -> list[Heading]:
    """The exercises of one language; unreadable ones are left to `heading_problems`."""
    texts = [c.text for c in chapter.cells if c.kind == "markdown" and c.language == language]
    found = [EXERCISE.fullmatch(line.strip()) for text in texts for line in HEADING.findall(text)]
    return [Heading(m["number"], len(m["stars"]), int(m["minutes"])) for m in found if m]


def heading_problems(chapter: Chapter) -> list[str]:
    """Headings that cannot be read, or differ between the languages, or stand above no exercise."""
    found = []
    for cell in chapter.cells:
        for line in HEADING.findall(cell.text) if cell.kind == "markdown" else ():
            if not EXERCISE.fullmatch(line.strip()):
                found.append(
                    f"{where(chapter, cell)}: cannot read the exercise's heading {line!r}; write "
                    "'### 연습 1.2 제목 (★★, 10분)' and '### Exercise 1.2 Title (★★, 10 minutes)'"
                )
    for ko, en in pairs(chapter):
        parsed = [
            [
                Heading(m["number"], len(m["stars"]), int(m["minutes"]))
                for m in EXERCISE.finditer(c.text)
            ]
            for c in (ko, en)
        ]
        if parsed[0] != parsed[1]:
            found.append(
                f"{where(chapter, en)}: an exercise has another number, difficulty or time than in "
                "Korean; make them equal"
            )
    wanted = [f"{chapter.number}.{i + 1}" for i in range(len(headings(chapter, "ko")))]
    if (numbers := [one.number for one in headings(chapter, "ko")]) != wanted:
        found.append(
            f"{where(chapter, chapter.cells[0])}: the exercises are numbered {', '.join(numbers)}; "
            f"number them {', '.join(wanted)}"
        )
    tagged = sum("exercise" in cell.tags for cell in chapter.cells)
    if tagged != len(wanted) and not found:
        found.append(
            f"{where(chapter, chapter.cells[0])}: {len(wanted)} headings of exercises and {tagged} "
            "cells tagged exercise; give every exercise one of each"
        )
    return found


def sentences(chapter: Chapter, language: str, measured: dict[str, Any] | None) -> str:
    """The text that replaces ``{measured}``; rounded, so that it holds on other machines.

    Args:
        chapter: Whose exercises to count.
        language: "ko" or "en"; for any other the placeholder stays.
        measured: ``seconds`` and ``memory_gb`` from the record; None before the first execution.
    """
    if language not in ("ko", "en") or not measured:
        return PLACEHOLDER
    seconds = max(5, 5 * round(measured["seconds"] / 5))
    memory = f"{max(0.1, measured['memory_gb']):.1f} GB"
    exercises = headings(chapter, language)
    n, minutes = len(exercises), sum(one.minutes for one in exercises)
    if language == "ko":
        count = COUNT_KO[n] if n < len(COUNT_KO) else f"{n}개"
        parts = (
            "이 장의 코드를 모두 실행하는 데 CPU 코어가 둘인 컴퓨터에서 "
            f"약 {seconds}초, 메모리 {memory}가 듭니다.",
            f"연습 문제는 {count}이고, {'모두 ' if n > 1 else ''}{minutes}분쯤 걸립니다.",
        )
    else:
        count = COUNT_EN[n] if n < len(COUNT_EN) else str(n)
        parts = (
            f"Running all the code of this chapter takes about {seconds} seconds "
            f"and {memory} of memory on a computer with two CPU cores.",
            f"There are {count} exercises, for which you should allow {minutes} minutes in all."
            if n > 1
            else f"There is one exercise, which takes about {minutes} minutes.",
        )
    return " ".join(parts if n else parts[:1])
