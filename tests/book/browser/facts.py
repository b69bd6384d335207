"""What is asked of an open page; each answer is a list of what is wrong."""

import re
from pathlib import Path

# axe-core 4.14.1 (Deque Systems, MPL-2.0) is used here, and is no part of the book.
AXE = Path(__file__).parents[1] / "vendor" / "axe-core" / "axe.min.js"
RUN = """
const [options, done] = arguments;
axe.run(document, {resultTypes: ['violations'], ...options}).then(({violations}) => done(violations.flatMap(
    v => v.nodes.map(n => [v.impact, v.id, n.target.join(' '), n.failureSummary.replaceAll('\\n', ' ')]))), e => done([['axe', String(e)]]))
"""
# The theme asks 0.3 s after a page is there, or has another width, what can be scrolled, and lets the keyboard reach it.
SETTLED = """
const [again, done] = arguments, there = again ? performance.now() : performance.getEntriesByType('navigation')[0].loadEventEnd;
setTimeout(() => done(true), Math.max(0, 350 - (performance.now() - there)))"""
# Contrast is most of axe-core's time, because it looks at every word. A page's words are of some fifty kinds: one colour on
# one ground in one size. Of each kind the first is measured here, by WCAG's formula; in `make check-all`, every word by axe-core.
FAINT = """
document.getAnimations().forEach(one => { try { one.finish() } catch { } }); // a button's colour that follows the theme
const grounds = new Map(), seen = new Set(), found = [];
const parts = colour => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number); return [r, g, b, a]; };
const over = ([r, g, b, a], below) => [r, g, b].map((x, i) => a * x + (1 - a) * below[i]);
const linear = x => x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4;
const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
for (const e of document.querySelectorAll('html, body, body :not(script, style, svg *)')) {
  const style = getComputedStyle(e), above = grounds.get(e.parentElement) ?? [255, 255, 255];
  const ground = !above || style.backgroundImage != 'none' ? null : over(parts(style.backgroundColor), above);
  grounds.set(e, ground); // null: a picture
  if (!ground || !/^rgb/.test(style.color) || ![...e.childNodes].some(one => one.nodeType == 3 && one.data.trim())) continue;
  const size = parseFloat(style.fontSize), kind = [ground, style.color, size, style.fontWeight].join();
  if (seen.has(kind) || !e.checkVisibility({visibilityProperty: true}) || e.offsetWidth < 2 || e.closest(':disabled')) continue;
  seen.add(kind);
  const [dark, light] = [luminance(over(parts(style.color), ground)), luminance(ground)].sort((x, y) => x - y);
  const ratio = (light + 0.05) / (dark + 0.05), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
  if (ratio < (large ? 3 : 4.5)) found.push(['serious', 'color-contrast', e.outerHTML.slice(0, 120), kind, ratio]);
}
return [seen.size, found];
"""
# What of axe-core is left out with it: what is the same on every page, or never more than moderate.
LEFT_OUT = ("color-contrast", "region", "bypass", "avoid-inline-spacing")
QUICK = {"rules": {name: {"enabled": False} for name in LEFT_OUT}, "preload": False}


def violations(browser, every_word=False):
    """What axe-core calls serious or critical, with the contrast of one word of each kind or of every word."""
    kinds, faint = (0, []) if every_word else browser.execute(FAINT)
    assert every_word or kinds > 5
    browser.execute_async(SETTLED, every_word)
    if not browser.execute("return window.axe !== undefined"):
        browser.execute(AXE.read_text(encoding="utf-8"))
    found = browser.execute_async(RUN, {} if every_word else QUICK)
    return faint + [one for one in found if one[0] not in ("minor", "moderate")]


def names_in_another_language(browser, english):
    """What buttons, menus and links of the page's frame are called that is not in its language."""
    names = browser.execute("""
        return [...document.querySelectorAll('button, summary, nav, header, footer, #pst-skip-link, dialog, .prev-next-area')]
            .flatMap(e => [e, ...e.querySelectorAll('*')]).filter(e => !e.closest('.page-toc, .bd-links li, pre, .ta-choice'))
            .flatMap(e => ['title', 'aria-label', 'placeholder', 'data-bs-original-title'].map(a => e.getAttribute(a) || ''))""")
    foreign = r"[가-힣]" if english else r"[A-Za-z]{3}"
    allowed = r"한국어|Colab|GitHub|tinyaudio|PDF|\.ipynb|\.pdf"
    wrong = [name for name in names if re.search(foreign, re.sub(allowed, "", name))]
    here = browser.execute("return document.documentElement.lang")
    return wrong + ([] if here == ("en" if english else "ko") else [f"lang={here}"])


def errors_and_other_hosts(browser):
    """What the browser complained of, and what it asked of another machine."""
    own = (browser.address, "data:", "blob:", "chrome")
    return browser.console_errors() + [url for url in browser.requests() if not url.startswith(own)]


def wrong_choices(browser):
    """Of a quiz: choices without an explanation, questions without one right answer, mathematics that is not set."""
    choices = browser.execute("""return [...document.querySelectorAll('details.ta-choice')].map(
        e => [e.querySelector('summary').textContent, [...e.children].slice(1).map(p => p.textContent).join(' ').trim()])""")
    wrong = [pair for pair in choices if pair[1][:1] not in ("✔", "✘") or len(pair[1]) <= 15]
    right = sum(why[:1] == "✔" for _, why in choices)
    summaries = "return [...document.querySelectorAll('summary')].map(s => s.textContent).filter(t => t.includes('$'))"
    return (
        wrong
        + ([] if 3 * right == len(choices) else [f"{right} right of {len(choices)}"])
        + browser.execute(summaries)
    )


# Parts of the page that stick out of the screen, and that no scrolling reaches.
STICKING_OUT = """
const width = document.documentElement.clientWidth, found = [];
const inside = box => box.right <= width + 1 && box.left >= -1;
const scrolls = e => ['auto', 'scroll'].includes(getComputedStyle(e).overflowX) && inside(e.getBoundingClientRect());
for (const e of document.querySelectorAll('.bd-article *, .bd-header-article *, .prev-next-footer *, .bd-footer-content *')) {
  const box = e.getBoundingClientRect();
  if (!box.width || !e.checkVisibility() || inside(box)) continue;
  if (e.closest('mjx-assistive-mml, .dropdown-menu, .visually-hidden')) continue;
  let around = e.parentElement;
  while (around && !scrolls(around)) around = around.parentElement;
  // What lies to the left of a frame's beginning is out of reach.
  if (around && box.left >= around.getBoundingClientRect().left - around.scrollLeft - 1) continue;
  found.push(e.outerHTML.slice(0, 120));
}
if (document.documentElement.scrollWidth != arguments[0]) found.push(`${document.documentElement.scrollWidth} wide`);
return found;
"""


def wider_than_a_phone(browser):
    """What a phone, which holds the page already, cannot show."""
    return browser.execute(STICKING_OUT, 390)
