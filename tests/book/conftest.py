"""A book of one chapter, with a package of its own, made once and copied for every test."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from tools.book import (
    check,
    citations,
    colab_status,
    edition,
    pages,
    paper_runs,
    references,
    run,
    source,
)

CHAPTER = """\
---
kernelspec: {name: python3, display_name: Python 3}
number: 3
---
+++ {"lang": "ko"}
# 3장 작은 책

**소리**(sound)는 숫자입니다.

$$
a = b
$$ (same)

식 {eq}`same`을 보십시오.

### 연습 3.1 점 (★, 10분)

+++ {"lang": "en"}
# Chapter 3. A small book

A **sound** is numbers.

$$
a = b
$$ (same)

See {eq}`same`.

### Exercise 3.1 A dot (★, 10 minutes)

+++

```{code-cell} ipython3
from tinyaudio.tune import note, picture, sound
print("⟦음|notes⟧:", [note(n) for n in (3, 4)])
```

+++ {"lang": "ko"}
그림입니다.

+++ {"lang": "en"}
A picture.

+++

```{code-cell} ipython3
:alt: "⟦검은 점|a black dot⟧"
display(picture())
print("level", open("../../level.txt").read())
sound("⟦낮은 음|a low note⟧")
```

+++ {"lang": "ko", "quiz": true}
**물음.** 무엇입니까?

- [x] 소리
  숫자입니다.
- [ ] 빛
  아닙니다.

+++ {"lang": "en", "quiz": true}
**Question.** What is it?

- [x] Sound
  Numbers.
- [ ] Light
  No.

+++

```{code-cell} ipython3
:tags: [exercise]
print("✘ 12")
```

```{code-cell} ipython3
:tags: [solution, hide-cell]
print("✔ 12")
```
"""

PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)

TUNE = """\
from pathlib import Path

WEIGHTS = Path(__file__).parent / "assets" / "models" / "small" / "weights.txt"

def note(n):
    return n * float(WEIGHTS.read_text())

def picture():
    from base64 import b64decode
    from IPython.display import Image
    return Image(b64decode("PIXEL"), format="png")

def sound(label):
    from IPython.display import HTML
    return HTML(f'<audio aria-label="{label}" src="data:audio/wav;base64,{"UklGRg" * 50}">')
"""


GLOSSARY = """\
[sound]
ko = "소리"
en = "sound"
about_ko = "숫자입니다."
about_en = "Numbers."
not_ko = ["사운드"]
not_en = ["audio wave"]

[signal-to-noise-ratio]
ko = "신호 대 잡음비"
en = "signal-to-noise ratio"
short = "SNR"
about_ko = "신호를 잡음으로 나눈 것입니다."
about_en = "The signal over the noise."

[pitch]
ko = "음높이"
en = "pitch"
about_ko = "높낮이입니다."
about_en = "High or low."
not_ko = ["음정"]

[interval]
ko = "음정"
en = "interval"
about_ko = "사이입니다."
about_en = "Between."
"""

WORKS = """\
@article{shannon1949,
  author = {Shannon, Claude E.},
  title = {Communication in the presence of noise},
  journal = {Proceedings of the IRE},
  year = {1949},
  doi = {10.1109/JRPROC.1949.232969},
}

@misc{g711,
  author = {{ITU-T}},
  title = {Recommendation {G.711}},
  year = {1988},
  url = {https://www.itu.int/rec/T-REC-G.711},
}
"""


class Book:
    """A book in a folder, and what tests do with it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.path = root / "book" / "src" / "small.md"

    @property
    def chapter(self):
        return source.read(self.path)

    def notebook_path(self, language="ko"):
        return self.root / "book" / language / "small.ipynb"

    def notebook(self, language="ko"):
        return nbformat.read(self.notebook_path(language), 4)

    def write(self, notebook, language="ko"):
        nbformat.write(notebook, self.notebook_path(language))

    def replace(self, old, new, path=None):
        """Change the first `old` in the source, or in another file; returns its line."""
        path = path or self.path
        text = path.read_text()
        assert old in text, f"{old!r} is not in {path.name}"
        path.write_text(text.replace(old, new, 1))
        return text[: text.index(old)].count("\n") + 1

    def line_of(self, problem):
        """The line of the source that a problem names."""
        match = re.match(r"book/src/small\.md:(\d+): ", problem)
        assert match, problem
        return int(match[1])

    def files(self):
        """What the notebooks are, to the byte and the moment of writing."""
        paths = [self.notebook_path(language) for language in ("ko", "en")]
        return [(path.read_bytes(), path.stat().st_mtime_ns) for path in paths]


def use(monkeypatch, root):
    """Let the machinery work on the book in this folder."""
    for module in (source, citations, colab_status, edition, pages, paper_runs, references, run):
        monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(check, "SOURCES", root / "book" / "src")
    monkeypatch.setenv("PYTHONPATH", str(root))  # its package goes before the real one


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """The book with both notebooks, executed in a real kernel."""
    root = tmp_path_factory.mktemp("once")
    book = Book(root)
    book.path.parent.mkdir(parents=True)
    book.path.write_text(CHAPTER)
    package = root / "tinyaudio"
    (package / "assets" / "models" / "small").mkdir(parents=True)
    (package / "assets" / "models" / "small" / "weights.txt").write_text("1.5")
    (package / "assets" / "models" / "small" / "card.txt").write_text("a card")
    (package / "__init__.py").write_text("")
    shutil.copy(Path(__file__).parents[2] / "tinyaudio" / "language.py", package)
    (package / "tune.py").write_text(TUNE.replace("PIXEL", PIXEL))
    (package / "unrelated.py").write_text("x = 1\n")
    (root / "book" / "glossary.toml").write_text(GLOSSARY)
    (root / "book" / "references.bib").write_text(WORKS)
    words = (Path(__file__).parents[2] / "book" / "paper_runs.toml").read_text()
    (root / "book" / "paper_runs.toml").write_text(words.partition("[runs.")[0] + "[runs]\n")
    (root / "book" / "records").mkdir()
    assumed = {"peak_tflops": 312.0, "utilization": 0.2, "dollars_an_hour": 2.0}
    record = json.dumps({"assumed": assumed, "recipes": {}})
    (root / "book" / "records" / "paper-runs.json").write_text(record)
    (root / "level.txt").write_text("-12.5")
    address = '[project.urls]\nRepository = "https://example.org/our/book"\n'
    (root / "pyproject.toml").write_text(address)
    with pytest.MonkeyPatch.context() as patch:
        use(patch, root)
        assert source.accept(book.path) == 3
        assert run.make(book.chapter)
        pages.write_pages([book.chapter])
    return root


@pytest.fixture
def book(made_once, tmp_path, monkeypatch):
    """A copy of it that a test may damage."""
    root = tmp_path / "book"
    shutil.copytree(made_once, root)
    use(monkeypatch, root)
    return Book(root)


@pytest.fixture
def no_kernel(monkeypatch):
    """Whoever executes something now fails."""

    def execute(chapter):
        raise AssertionError("a kernel was started")

    monkeypatch.setattr(run, "execute", execute)
