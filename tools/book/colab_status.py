"""The appendix that says which notebooks ran with Colab's packages, and when: a page made from a record."""

import json
from typing import Any

from tools.book import LANGUAGES, ROOT
from tools.book.source import Chapter

RECORD = "book/records/colab.json"  # written by python -m tools.colab
WORDS = {
    "ko": {
        "title": "Colab에서의 확인",
        "about": "노트북마다 Colab과 같은 판의 패키지로 처음부터 끝까지 실행하여 마지막으로 확인한 날입니다. "
        "Colab을 그대로 옮긴 것은 아닙니다. NumPy, SciPy, Matplotlib, librosa, soundfile, ipywidgets, IPython, "
        "PyTorch는 Colab의 판이고, 파이썬은 표에 적힌 것입니다. GPU는 쓰지 않습니다.",
        "head": "| 장 | 한국어 | 영어 | 파이썬 | PyTorch |",
        "not yet": "아직",
        "failed": "실패",
    },
    "en": {
        "title": "Runs on Colab",
        "about": "For every notebook, the day on which it was last run from top to bottom with the packages "
        "that Colab has. This is no copy of Colab: NumPy, SciPy, Matplotlib, librosa, soundfile, ipywidgets, "
        "IPython and PyTorch are of Colab's versions; Python is that of the table; no GPU is used.",
        "head": "| chapter | Korean | English | Python | PyTorch |",
        "not yet": "not yet",
        "failed": "failed",
    },
}


def status_text(language: str, chapters: list[Chapter]) -> list[str]:
    """The page's blocks."""
    words, path = WORDS[language], ROOT / RECORD
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    lines = [words["head"], "| --- | --- | --- | --- | --- |"]
    for chapter in sorted(chapters, key=lambda one: one.number):
        both = [rows.get(chapter.name, {}).get(one, {}) for one in LANGUAGES]
        days = [day(row, words) for row in both]
        with_what = [
            ", ".join(sorted({row[name] for row in both if row})) or "–"
            for name in ("python", "torch")
        ]
        link = f"[{chapter.number}]({chapter.name}.ipynb)"
        lines.append(f"| {' | '.join([link, *days, *with_what])} |")
    return [f"# {words['title']}\n\n{words['about']}", "\n".join(lines)]


def day(row: dict[str, Any], words: dict[str, str]) -> str:
    """When a notebook ran, or that it did not."""
    if not row:
        return words["not yet"]
    return str(row["date"]) if row["result"] == "passed" else f"{words['failed']} ({row['date']})"
