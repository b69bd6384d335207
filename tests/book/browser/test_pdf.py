"""The book on paper: three chapters that have what does not move or sound there; all of it in `make check-all`."""

import re
import sys

import pytest
from bs4 import BeautifulSoup

from tools.book import LANGUAGES, pdf, printed
from tools.book.site import BUILD

# With live figure, sliders, map and listening test between them.
CHAPTERS = ["sound_into_numbers", "autoencoder_and_vae", "generative_metrics"]
LIVE = ".ta-live, .ta-map"
ON_A_SCREEN = "audio, input, body script, [hidden], .headerlink, .tag_setup, details:not([open])"


def pages_of(document):
    return len(re.findall(rb"/Type\s*/Page\b", document))


def only(monkeypatch, chapters):
    """Let the book have the first page and these chapters."""
    parts = [("", ["index"]), ("Part", chapters)]
    monkeypatch.setattr(printed, "parts_of", lambda language: parts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_lost_that_can_be_printed(address, monkeypatch, language):
    only(monkeypatch, CHAPTERS)
    page = BeautifulSoup(printed.book(language), "html.parser")
    ids = [one["id"] for one in page.select("[id]")]
    assert len(ids) == len(set(ids))
    links = {link["href"] for link in page.select("a[href]")}
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert all("://" in link for link in links if not link.startswith("#"))
    assert page.select(ON_A_SCREEN) == []
    assert all("data:image" in one["style"] for one in page.select("button"))  # the map's
    live = 0
    for name in CHAPTERS:
        there, site = page.select_one(f"article#{name}"), printed.article(name, language)
        entry = page.select_one(f'nav a[href="#{name}"]').get_text()
        assert printed.title_of(site) == there.h1.get_text() == entry
        live += len(site.select(LIVE))
        kept = ".ta-player:not(.ta-listening *, .ta-frame[hidden] *)"
        assert len(there.select(".ta-player")) == len(site.select(kept))
        for selector in (
            ".ta-figure img",
            ".math",
            "details.ta-choice",
            "table:not(.ta-listening *)",
        ):
            assert len(there.select(selector)) == len(site.select(selector))
        solutions = site.select(".tag_solution .cell_input")
        at_the_end = page.select(f'#solutions h3[id^="{name}--"]')
        assert len(at_the_end) == len(solutions) >= 3
        for one, heading in zip(solutions, at_the_end, strict=True):
            assert one.get_text() not in there.get_text()
            assert heading.find_next(class_="cell_input").get_text() == one.get_text()
    words, text = printed.WORDS[language], page.get_text()
    assert text.count(words["live"]) == live >= 2 and text.count(words["listening"]) == 1


def test_links_to_the_web_page_stand_beside_players_once_the_address_is_known(address, monkeypatch):
    name = "sound_into_numbers"
    for known, wanted in (
        ("", set()),
        ("https://github.com/our/book", {f"https://our.github.io/book/en/book/en/{name}.html"}),
    ):
        monkeypatch.setattr(printed, "known", lambda known=known: known)
        chapter = printed.article(name, "en")
        printed.adapt(chapter, name, "en", {name})
        players, links = chapter.select(".ta-player"), chapter.select(".ta-player a")
        assert {link["href"] for link in links} == wanted
        assert len(links) == len(players) * bool(wanted) and players


def test_it_prints_with_pages_and_bookmarks(browser, tmp_path, monkeypatch):
    only(monkeypatch, ["growing_up"])
    path = tmp_path / "book.html"
    path.write_text(printed.book("en"), encoding="utf-8")
    document = pdf.printed(path)
    assert document.startswith(b"%PDF-") and 10 < pages_of(document) < 25
    assert re.search(rb"/Type\s*/Outlines", document)
    for title in ("Contents", "26.1 Dividing a batch", "Solutions"):
        assert f"({title})".encode() in document


def test_nothing_is_wider_than_the_paper(browser, tmp_path, monkeypatch):
    only(monkeypatch, ["generative_metrics"])  # with the widest table
    path = tmp_path / "book.html"
    path.write_text(printed.book("en"), encoding="utf-8")
    inches = pdf.PAPER["paperWidth"] - pdf.PAPER["marginLeft"] - pdf.PAPER["marginRight"]
    screen = {"width": int(96 * inches), "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    browser.go(path.as_uri())
    assert browser.execute_async(pdf.READY) == 0
    assert browser.execute("return document.documentElement.scrollWidth") <= screen["width"]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_what_is_missing_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr(printed, "BUILD", tmp_path)
    with pytest.raises(printed.BookError, match=r"index\.html: is missing; run make book"):
        printed.book("ko")
    monkeypatch.setattr(pdf, "BUILD", tmp_path / "build")
    monkeypatch.setattr(pdf, "check_font", lambda: None)
    with pytest.raises(printed.BookError, match="run make book"):
        pdf.write_pdf("ko")
    assert not (tmp_path / "build").exists()


def test_a_file_is_written_where_nothing_was_built_before(monkeypatch, tmp_path):
    monkeypatch.setattr(pdf, "BUILD", tmp_path / "build")
    monkeypatch.setattr(pdf, "check_font", lambda: None)
    monkeypatch.setattr(pdf, "book", lambda language: f"the book in {language}")
    monkeypatch.setattr(pdf, "printed", lambda page: page.read_bytes())
    assert pdf.write_pdf("en") == tmp_path / "build" / "tinyaudio-en.pdf"
    assert (tmp_path / "build" / "tinyaudio-en.pdf").read_text() == "the book in en"


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ((), "there is no Chromium: install chromium and chromium-driver"),
        (("chromium",), "there is no chromedriver: install chromium and chromium-driver"),
        (("chromedriver",), "there is no Chromium"),
        (
            ("chromium", "chromedriver"),
            r"chromium does not start \(.+\); chromium and .* one version",
        ),
    ],
)
def test_a_browser_that_is_missing_or_broken_is_said_in_a_line(monkeypatch, tmp_path, there, said):
    for name in there:
        (tmp_path / name).write_text("#!/bin/sh\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(pdf.BookError, match=said) as error:
        pdf.printed(tmp_path / "book.html")
    assert "\n" not in str(error.value)


def test_without_selenium_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "selenium", None)
    with pytest.raises(pdf.BookError, match="selenium is missing"):
        pdf.printed(tmp_path / "book.html")


def test_titles_and_captions_are_text_and_no_markup(monkeypatch):
    article = "<article><h1>A &lt;b&gt; &amp; C</h1><p class='ta-lead'>1 &lt; 2</p><h3>D &lt;i&gt;</h3><div class='tag_solution'><div class='cell_input'></div></div></article>"
    monkeypatch.setattr(printed, "parts_of", lambda language: [("P <u>", ["page"])])
    monkeypatch.setattr(
        printed, "article", lambda *_: BeautifulSoup(article, "html.parser").article
    )
    page = BeautifulSoup(printed.book("en"), "html.parser")
    assert page.title.get_text().startswith("A <b> & C") and page.select("b, u, i") == []
    assert page.select_one('nav a[href="#page"]').get_text() == "A <b> & C"
    assert "P <u>" in page.nav.get_text() and "1 < 2" in page.get_text()
    at_the_end = page.select_one("#solutions")
    assert (at_the_end.h2.get_text(), at_the_end.h3.get_text()) == ("A <b> & C", "D <i>")


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_book_prints(address, browser, language):
    path = pdf.write_pdf(language)
    assert path == BUILD / f"tinyaudio-{language}.pdf"
    page = BeautifulSoup(printed.book(language), "html.parser")
    ids = {one["id"] for one in page.select("[id]")}
    assert {a["href"][1:] for a in page.select('a[href^="#"]')} <= ids
    assert 300 < pages_of(path.read_bytes()) < 700
