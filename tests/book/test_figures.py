"""Every chapter that plots does it by the style sheet, and no cell styles on its own what the sheet does."""

import re

import pytest

from tools.book import ROOT, SOURCES
from tools.book.source import read

TEMPLATE = ROOT / "tools" / "book" / "template" / "chapter.md"
LINE = 'plt.style.use("tinyaudio.show.book")'
BY_HAND = r'fontsize=[67]\b|cmap="(?:magma|viridis)"|tight_layout|set_size_inches|rcParams|frameon'
WIDEST_IN = 8  # inches; what is wider has letters that a phone cannot show


def code(path):
    return "\n".join(cell.text for cell in read(path).cells if cell.kind == "code")


@pytest.mark.parametrize(
    "path", [*sorted(SOURCES.glob("*.md")), TEMPLATE], ids=lambda path: path.stem
)
def test_a_chapter_draws_by_the_sheet(path):
    text = code(path)
    plots = [found.start() for found in re.finditer(r"\bplt\.(?!style)", text)]
    assert ("import matplotlib.pyplot as plt" in text) == bool(plots)
    if plots:
        assert text.count(LINE) == 1 and text.index(LINE) < plots[0]
    assert not re.search(BY_HAND, text)
    widths = [float(width) for width in re.findall(r"figsize=\(([\d.]+),", text)]
    assert max(widths, default=0) <= WIDEST_IN
