"""The appendix that says which notebooks ran with Colab's packages, and when: a page made from a record."""

import json
from typing import Any

from nbformat import NotebookNode

from tools.book import LANGUAGES, ROOT
from tools.book.edition import repository
from tools.book.run import code_cells, stored
from tools.book.source import Chapter, short_hash

RECORD = "book/records/colab.json"  # written by python -m tools.colab
WORDS = {
    "ko": {
        "title": "Colab에서의 확인",
        "about": "노트북마다 Colab과 같은 판의 패키지로 처음부터 끝까지 실행하여 마지막으로 확인한 날입니다. "
        "Colab을 그대로 옮긴 것은 아닙니다. NumPy, SciPy, Matplotlib, librosa, soundfile, ipywidgets, "
        "IPython은 Colab의 판이고, 파이썬과 PyTorch는 표에 적힌 판입니다. GPU는 쓰지 않습니다.",
        "head": "| 장 | 한국어 | 영어 | 파이썬 | PyTorch |",
        "not yet": "아직",
        "failed": "실패",
        "changed": "그 뒤 코드가 바뀜",
    },
    "en": {
        "title": "Runs on Colab",
        "about": "For every notebook, the day on which it was last run from top to bottom with the packages "
        "that Colab has. This is no copy of Colab: NumPy, SciPy, Matplotlib, librosa, soundfile, ipywidgets "
        "and IPython are of Colab's versions; Python and PyTorch are of those in the table; no GPU is used.",
        "head": "| chapter | Korean | English | Python | PyTorch |",
        "not yet": "not yet",
        "failed": "failed",
        "changed": "its code changed since",
    },
}


def status_text(language: str, chapters: list[Chapter]) -> list[str]:
    """The page's blocks."""
    words, path = WORDS[language], ROOT / RECORD
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    lines = [words["head"], "| --- | --- | --- | --- | --- |"]
    for chapter in sorted(chapters, key=lambda one: one.number):
        both = [rows.get(chapter.name, {}).get(one, {}) for one in LANGUAGES]
        days = [
            day(row, stored(chapter, one), words) for one, row in zip(LANGUAGES, both, strict=True)
        ]
        with_what = [
            ", ".join(sorted({row[name] for row in both if row})) or "–"
            for name in ("python", "torch")
        ]
        link = f"[{chapter.number}]({chapter.name}.ipynb)"
        lines.append(f"| {' | '.join([link, *days, *with_what])} |")
    return [f"# {words['title']}\n\n{words['about']}", "\n".join(lines)]


def day(row: dict[str, Any], notebook: NotebookNode | None, words: dict[str, str]) -> str:
    """When a notebook ran, or that it did not, and whether its code is still what ran."""
    if not row:
        return words["not yet"]
    when = str(row["date"]) if row["result"] == "passed" else f"{words['failed']} ({row['date']})"
    same = notebook is not None and code_hash(notebook) == row["code"]
    return when if same else f"{when}, {words['changed']}"


def code_hash(notebook: NotebookNode) -> str:
    """What a notebook runs, the setup with it, wherever the repository may be."""
    code = "\n".join(cell.source for cell in code_cells(notebook))
    return short_hash(code.replace(repository(), ""), 16)
