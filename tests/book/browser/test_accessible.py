"""Every page through axe-core, which knows what those who cannot see, or use no mouse, trip over.

axe-core 4.14.1 (Deque Systems, MPL-2.0) lies in tests/book/vendor; it is used here, and is no part of the book.
"""

from pathlib import Path

import pytest

AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
RUN = """
const done = arguments[0];
axe.run(document, {resultTypes: ['violations']}).then(({violations, testEngine}) => done(violations.flatMap(
    v => v.nodes.map(n => [v.impact, v.id, n.target.join(' '), n.failureSummary.replaceAll('\\n', ' ')]))), e => done([['axe', String(e)]]))
"""
# The theme asks after 0.3 s what can be scrolled, and lets the keyboard reach it.
SETTLED = "const done = arguments[0]; setTimeout(() => done(true), 350)"


def violations(reader):
    """What axe-core calls serious or critical."""
    if not reader.ask("return window.axe !== undefined"):
        reader.ask(AXE.read_text(encoding="utf-8"))
    found = reader.wait(RUN)
    return [one for one in found if one[0] not in ("minor", "moderate")]


def test_nobody_is_shut_out(distinct_page, reader):
    reader.wait(SETTLED)
    assert violations(reader) == []


def test_nobody_is_shut_out_with_a_phone_in_the_dark(chapter, reader):
    reader.look("phone", "dark")
    reader.wait(SETTLED)
    assert violations(reader) == []


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("device", ["desktop", "phone"])
def test_nobody_is_shut_out_in_any_way(page, device, theme, reader):
    """Both devices, by light and in the dark, every page of both editions."""
    reader.look(device, theme)
    reader.wait(SETTLED)
    assert violations(reader) == []


@pytest.mark.parametrize("search", ["search.html?q=표본", "en/search.html?q=aliasing"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nobody_is_shut_out_of_the_search(search, theme, reader):
    reader.look("desktop", theme)
    reader.open(search)
    reader.wait(SETTLED)
    assert violations(reader) == []


def test_axe_finds_what_is_wrong(reader):
    """Else every test above would pass in silence."""
    reader.look("desktop", "light")
    reader.open("search.html")
    reader.ask("""document.querySelector('h1').style.color = '#ddd';
        document.querySelector('main').append(document.createElement('button'))""")
    assert {"color-contrast", "button-name"} <= {one[1] for one in violations(reader)}
