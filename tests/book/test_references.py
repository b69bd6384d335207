"""Terms and citations: every one resolves, in the words of the glossary, to links that lead somewhere."""

import dataclasses
import re
from functools import cache

import nbformat
import pytest

from tools.book import LANGUAGES, ROOT, SOURCES, BookError
from tools.book.check import problems
from tools.book.citations import address, formatted, labels, read_works, works
from tools.book.edition import edition
from tools.book.pages import WORDS, pages, sort_key, stale_pages, write_pages
from tools.book.references import (
    Term,
    find_term,
    glossary,
    read_glossary,
    term_link,
    uses,
)
from tools.book.source import Cell, read
from tools.book.terms import forbidden, mask_excluded

CHAPTERS = sorted(path.stem for path in SOURCES.glob("*.md"))
HANGUL = re.compile("[가-힣]")
TERMS = glossary()
WORKS = works()


@pytest.fixture
def page(book):
    """The small book with these two texts in place of its picture's; returns its chapter."""

    def make(ko, en="A picture."):
        book.replace("그림입니다.", ko)
        book.replace("A picture.", en)
        return book.chapter

    return make


def shown(chapter, language="ko"):
    """The text that stands before the second code cell, which `page` writes."""
    cells = edition(chapter, language).cells
    at = next(i for i, cell in enumerate(cells) if "picture())" in cell.source)
    return cells[at - 1].source


def found(part):
    return [one for one in problems() if re.search(part, one)]


# ------------------------------------------------------------------------------ the files


def faults_of_term(term):
    """What is wrong with an entry of the glossary."""
    english = term.en + term.about_en + term.short + "".join(term.not_en)
    return [
        what
        for what, wrong in {
            "id": not re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", term.id),
            "Hangul in the English": HANGUL.search(english),
            "no Hangul in the Korean": not (
                HANGUL.search(term.ko) and HANGUL.search(term.about_ko)
            ),
            "no sentence": not (term.about_ko.endswith("다.") and term.about_en.endswith(".")),
            "a role, which is resolved in sources only": "{" in term.about_ko + term.about_en,
            "too long to be read": len(term.about_en) >= 200,
        }.items()
        if wrong
    ]


def test_every_term_is_complete():
    faulty = {term.id: faults_of_term(term) for term in TERMS.values() if faults_of_term(term)}
    assert faulty == {}


def test_a_faulty_term_is_found():
    good = Term("mel-scale", "멜 척도", "mel scale", "척도입니다.", "A scale.")
    assert faults_of_term(good) == []
    for change in (
        {"id": "mel_scale"},
        {"en": "멜"},
        {"ko": "mel"},
        {"about_en": "A scale"},
        {"about_ko": "{term}`x`입니다."},
        {"about_en": "A" * 200 + "."},
    ):
        assert len(faults_of_term(dataclasses.replace(good, **change))) == 1


def test_a_word_belongs_to_one_term():
    for language in LANGUAGES:
        words = [term.word(language).casefold() for term in TERMS.values()]
        assert len(set(words)) == len(words)
    short = [term.short for term in TERMS.values() if term.short]
    assert len(set(short)) == len(short)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_glossary_keeps_to_its_own_words(language, book):
    for term in TERMS.values():
        other = "en" if language == "ko" else "ko"
        blocks = [
            Cell("markdown", one, f"{term.word(one)}: {getattr(term, f'about_{one}')}", 1)
            for one in (language, other)
        ]
        assert forbidden(book.chapter, *blocks, TERMS) == []


def faults_of_work(key, work):
    """What is wrong with an entry of the bibliography."""
    fields = work.fields
    year, doi, url = (fields.get(name, "") for name in ("year", "doi", "url"))
    faults = [
        what
        for what, wrong in {
            "key": not re.fullmatch("[a-z0-9]+", key),
            "year": not re.fullmatch(r"(18|19|20)\d\d", year),
            "title or author": not (fields.get("title", "").strip() and work.persons.get("author")),
            "neither doi nor url": not (doi or url),
            "doi": doi and not re.fullmatch(r"10\.\d{4,9}/[\w.()/:-]+[\w)]", doi),
            "url": url and not re.fullmatch(r"https://\S+", url),
        }.items()
        if wrong
    ]
    # Years of arXiv's numbers: 2016 begins with 16.  Print may come some years later, or some weeks
    # before, as at a conference in December.
    if arxiv := re.match(r"10\.48550/arXiv\.(\d\d)(\d\d)\.\d{4,5}$", doi):
        years_later, month = int(year) - 2000 - int(arxiv[1]), int(arxiv[2])
        if not (1 <= month <= 12 and -1 <= years_later <= 2 and (years_later >= 0 or month == 1)):
            faults.append("the year is not that of the arXiv number")
    return faults


def test_every_work_is_well_formed_and_can_be_found():
    faulty = {key: faults_of_work(key, work) for key, work in WORKS.items()}
    assert {key: faults for key, faults in faulty.items() if faults} == {}


def test_a_faulty_work_is_found():
    for change in (
        {"key": "Oord_2016"},
        {"year": 16},
        {"title": " "},
        {"doi": ""},
        {"doi": "doi.org/10.1/x"},
        {"doi": "10.48550/arXiv.1609.03499", "year": 2019},
        {"doi": "10.48550/arXiv.1613.03499"},
        {"doi": "10.48550/arXiv.1706.03499"},
    ):
        written = {"key": "oord2016", "authors": "van den Oord, A", "doi": "10.1234/xy"} | change
        [(key, work)] = read_works(entry(**written)).items()
        assert len(faults_of_work(key, work)) == 1, change
    [(key, work)] = read_works(entry("oord2016", "van den Oord, A", doi="10.1234/xy")).items()
    assert faults_of_work(key, work) == []


def test_no_work_stands_twice():
    places = [address(entry).casefold() for entry in WORKS.values()]
    assert len(set(places)) == len(places)
    assert len(set(labels(WORKS).values())) == len(WORKS)


# ------------------------------------------------------------------------------ what chapters name


@cache
def targets(name, language):
    """The anchors of a page."""
    notebook = nbformat.read(ROOT / "book" / language / f"{name}.ipynb", 4)
    return set(re.findall('<a id="([^"]+)"></a>', "".join(cell.source for cell in notebook.cells)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_hold_every_term_and_every_work(language):
    assert targets("glossary", language) == set(TERMS)
    assert targets("bibliography", language) == set(WORKS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", CHAPTERS)
def test_every_link_of_a_chapter_leads_to_an_anchor(name, language):
    cells = edition(read(SOURCES / f"{name}.md"), language).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert set(re.findall(r"\(glossary\.ipynb#([^)]+)\)", text)) <= targets("glossary", language)
    assert "{term}" not in text and "{cite}" not in text


def test_the_first_chapter_names_terms_and_works():
    named = {use.role for use in uses(read(SOURCES / "sound_into_numbers.md"), "ko")}
    assert {"term", "cite"} <= named


# ------------------------------------------------------------------------------ terms become links


def test_a_first_use_is_bold_and_says_the_english_word(page):
    chapter = page(
        "{term}`pitch`는 {term}`pitch`입니다. {term}`SNR`은 {term}`SNR`, {term}`신호 대 잡음비`.",
        "{term}`Pitch` is {term}`pitch`. An {term}`SNR` is an {term}`SNR`, {term}`two <pitch>`.",
    )
    assert shown(chapter) == (
        "[**음높이**](glossary.ipynb#pitch)(pitch)는 [음높이](glossary.ipynb#pitch)입니다. "
        "[**신호 대 잡음비**](glossary.ipynb#signal-to-noise-ratio)(signal-to-noise ratio, SNR)은 "
        "[SNR](glossary.ipynb#signal-to-noise-ratio), [신호 대 잡음비](glossary.ipynb#signal-to-noise-ratio)."
    )
    assert shown(chapter, "en") == (
        "[**Pitch**](glossary.ipynb#pitch) is [pitch](glossary.ipynb#pitch). "
        "An [**signal-to-noise ratio**](glossary.ipynb#signal-to-noise-ratio) (SNR) is an "
        "[SNR](glossary.ipynb#signal-to-noise-ratio), [two](glossary.ipynb#pitch)."
    )


def test_a_word_that_korean_has_from_english_stands_there_once():
    term = Term("bfloat16", "bfloat16 형식", "bfloat16", "", "")
    link = term_link(term, term.ko, "ko", first=True)
    assert link == "[**bfloat16 형식**](glossary.ipynb#bfloat16)"


@pytest.mark.parametrize("name", ["sound", "sounds", "Sounds", "소리"])
def test_a_term_has_many_names(page, name):
    chapter = page(f"{{term}}`{name}`", f"{{term}}`{name}`")
    ko, en = (shown(chapter, language) for language in LANGUAGES)
    assert "[소리](glossary.ipynb#sound)" in ko  # the pair at the chapter's top was the first use
    assert f"[**{name if name != '소리' else 'sound'}**](glossary.ipynb#sound)" in en


def test_a_pair_by_hand_is_a_first_use(book, page):
    chapter = page("{term}`sound`")
    assert "**" not in shown(chapter)
    assert [(use.role, use.first) for use in uses(chapter, "ko")] == [
        ("pair", True),
        ("term", False),
    ]


def test_code_and_other_roles_stay(page):
    text = "```text\n{term}`nothing` {cite}`nobody`\n```\n\n`` {term}`x` `` {eq}`same`"
    made = shown(page(text))
    assert "{term}`nothing` {cite}`nobody`" in made and "`` {term}`x` ``" in made
    assert "{eq}" not in made


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{term}`pitchy`", r"no term 'pitchy'.*did you mean pitch.*add it"),
        ("{term}`음노이`", r"no term '음노이'.*did you mean 음높이"),
        ("{term}`qqqq`", r"no term 'qqqq' in book/glossary.toml; add it"),
        ("{cite}`shanon1949`", r"no work 'shanon1949'.*did you mean shannon1949.*add it"),
        ("{cite}`g711, shannon1950`", r"no work 'shannon1950'"),
        ("**{term}`pitch`**", "a first use is bold by itself"),
        ("## {term}`pitch`", "a heading holds none"),
    ],
)
def test_what_cannot_be_a_link_is_said_with_its_line(book, page, text, what):
    page(f"그림입니다.\n\n{text}")
    line = book.path.read_text().split(text)[0].count("\n") + 1
    [problem] = found(what)
    assert book.line_of(problem) == line
    with pytest.raises(BookError, match=what):
        edition(book.chapter, "ko")


def test_a_block_of_no_language_holds_no_term(book):
    book.path.write_text(book.path.read_text() + "\n+++\n\n{term}`pitch`\n")
    assert found("a term in a block of no language")


# ------------------------------------------------------------------------------ works become links


def test_a_citation_is_a_plain_link_in_both_editions(page):
    chapter = page("({cite}`shannon1949, g711`)", "({cite}`shannon1949,g711`)")
    link = (
        "([Shannon 1949](https://doi.org/10.1109/JRPROC.1949.232969); "
        "[ITU-T 1988](https://www.itu.int/rec/T-REC-G.711))"
    )
    assert [shown(chapter, language) for language in LANGUAGES] == [link, link]
    assert not found("small.md.*(role|works|code words)")


def entry(key, authors, title="T", year=2016, doi="10.1/x"):
    return (
        f"@misc{{{key}, author={{{authors}}}, title={{{title}}}, year={{{year}}}, doi={{{doi}}}}}\n"
    )


def test_how_a_work_is_cited():
    made = labels(
        read_works(
            entry("one", "van den Oord, Aäron")
            + entry("two", "Griffin, Daniel W. and Lim, Jae S.")
            + entry("three", "Stevens, S. and Volkmann, J. and Newman, E.")
            + entry("all", "{ITU-T}")
            + entry("b", "Song, Yang", "{B}ees")
            + entry("a", "Song, Jiaming", "ants")
        )
    )
    assert made == {
        "one": "van den Oord 2016",
        "two": "Griffin & Lim 2016",
        "three": "Stevens et al. 2016",
        "all": "ITU-T 2016",
        "a": "Song 2016a",
        "b": "Song 2016b",
    }


def test_an_address_does_not_end_its_link_early():
    [work] = read_works(entry("x", "A, B", doi="10.1016/0165-1684(94)90213-5")).values()
    assert address(work) == "https://doi.org/10.1016/0165-1684%2894%2990213-5"


def test_an_entry_of_the_bibliography():
    works = read_works(
        "@article{a, author={van den Oord, Aäron and Smith, III, Julius O.}, title={On {WaveNet}}, "
        "journal={J}, volume={2}, number={3}, pages={4--5}, year={2016}, doi={10.1234/x_y}}"
        "@misc{b, author={{ITU-T}}, title={Codes}, year={1988}, url={https://example.org/b}}"
    )
    a, b = (re.sub(r"\\(?=\W|_)", "", formatted(work)) for work in works.values())
    assert a == (
        "van den Oord, A. and Smith, III, J. O. On WaveNet. *J*, 2(3):4–5, 2016. "
        "[doi:10.1234/x_y](https://doi.org/10.1234/x_y)."
    )
    assert b == "ITU-T. Codes. 1988. URL: [https://example.org/b](https://example.org/b)."


def test_first_names_are_initials():
    """A name with an apostrophe, which pybtex leaves as it is, has to be written as an initial."""
    for work in WORKS.values():
        entry_text = formatted(work)
        for person in work.persons["author"]:
            for name in person.first_names:
                whole = f"{person.last_names[-1]}, {name}"
                assert name.endswith(".") or whole not in entry_text, whole


@pytest.mark.parametrize(
    ("text", "what"),
    [("@misc{x, author = ", "references.bib"), (entry("x", "A, B") * 2, "references.bib.*x")],
)
def test_a_broken_bibliography(text, what):
    with pytest.raises(BookError, match=f"(?s){what}.*mend it"):
        read_works(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[a]\nko = ", r"glossary.toml: .*; mend it"),
        ('[x]\nko = "가"\n', r"glossary.toml:1: 'x' needs ko, en, about_ko and about_en"),
        (
            '\n\n[x]\nko = "가"\nen = "a"\nabout_ko = "다."\nabout_en = "A."\nnot = ["b"]\n',
            ":3: 'x'",
        ),
        ('x = "가"\n', "'x' needs ko"),
    ],
)
def test_a_broken_glossary(text, what):
    with pytest.raises(BookError, match=what):
        read_glossary(text)


# ------------------------------------------------------------------------------ one word for one thing


@pytest.mark.parametrize(
    ("ko", "en", "what"),
    [
        ("이 사운드는", "A picture.", "'사운드' is not this book's word; write 소리"),
        ("가\n\n나 **사운드**를", "A picture.", "write 소리"),
        ("그림입니다.", "Audio waves.", "'Audio waves' is not this book's word; write sound"),
        # An interval where the other language says pitch; but not where it says interval, too.
        ("음정이 높습니다.", "The pitch is high.", "'음정' is not this book's word; write 음높이"),
        (
            "**소음**(noise)",
            "A picture.",
            r"\*\*소음\*\*\(noise\) is not in book/glossary.toml; add it",
        ),
        (
            "**음고**(pitch)",
            "A picture.",
            r"is 음높이 \(pitch\) in book/glossary.toml; write {term}`pitch`",
        ),
        ("**음높이**(height)", "A picture.", "write {term}`pitch`"),
        (
            "{term}`pitch`",
            "A pitch.",
            "terms in one language only: pitch; write {term}`...` in both",
        ),
        ("가", "{cite}`g711`", "works in one language only: g711; write {cite}`...` in both"),
    ],
)
def test_words_that_are_not_the_glossary_s(book, page, ko, en, what):
    page(ko, en)
    [problem] = found(f"small.md.*{what}")
    line = book.path.read_text().split("\n")[book.line_of(problem) - 1]
    if "not this book's" in what or "glossary" in what:
        assert re.search("사운드|Audio waves|음정|소음|음고|음높이", line)


@pytest.mark.parametrize(
    ("ko", "en"),
    [
        ("`사운드`와 $사운드$", "A picture."),
        ("```text\n사운드\n```", "```text\naudio wave\n```"),
        ("「사운드」와 『사운드』", 'The "audio wave" and “audio wave”'),
        ("[사운드](https://example.org/사운드)", "[audio wave](https://example.org)"),
        ('<span title="사운드">소리</span>', "A picture."),
        ("의사운드", "audio wavelength"),  # within another word
        ("음정은 둘 사이입니다.", "An interval lies between."),
        ("음정은 음높이의 차이입니다.", "An interval is a difference of pitch."),
        ("**소리**(sound)", "A picture."),
        ("**신호 대 잡음비**(SNR, 클수록 좋음)", "A picture."),
        ("**한 비트에 6 dB**(정말입니다)", "A picture."),
    ],
)
def test_words_that_may_stand(page, ko, en):
    page(ko, en)
    assert not found("not this book's word|glossary.toml|one language only")


def test_blotting_out_keeps_places():
    text = "가 `b`\n```c\nd\n``` $e$ 「f」\n[g](h) 나"
    assert len(mask_excluded(text)) == len(text) and mask_excluded(text).count("\n") == text.count(
        "\n"
    )
    assert re.sub("[\ufffc\\s]", "", mask_excluded(text)) == "가나"


# ------------------------------------------------------------------------------ the pages


def test_pages_are_stale_when_an_entry_a_use_or_the_page_changes(book):
    def stale():
        return sorted(
            re.match(r"book/(\S+): is not what its entries", one)[1]
            for one in stale_pages([book.chapter])
        )

    names = ("glossary", "bibliography")  # the others do not depend on this chapter
    everything = sorted(f"{lang}/{name}.ipynb" for lang in LANGUAGES for name in names)
    assert stale() == []
    book.replace("Numbers.", "Only numbers.", book.root / "book" / "glossary.toml")
    assert stale() == ["en/glossary.ipynb"]
    assert "run python -m tools.book make" in found("en/glossary.ipynb")[0]
    book.replace("1949.232969", "1949.232968", book.root / "book" / "references.bib")
    assert stale() == ["en/bibliography.ipynb", "en/glossary.ipynb", "ko/bibliography.ipynb"]
    write_pages([book.chapter])
    assert stale() == []
    book.replace("그림입니다.", "{term}`pitch`({cite}`g711`)입니다.")
    book.replace("A picture.", "The {term}`pitch` ({cite}`g711`).")
    assert stale() == everything
    write_pages([book.chapter])
    page = book.root / "book" / "ko" / "glossary.ipynb"
    page.write_text(page.read_text().replace("사이입니다", "간격입니다"))
    assert stale() == ["ko/glossary.ipynb"]
    page.unlink()
    assert stale() == ["ko/glossary.ipynb"]


def test_pages_are_written_only_when_they_change(book):
    paths = list(pages([book.chapter]))
    before = [path.stat().st_mtime_ns for path in paths]
    write_pages([book.chapter])
    assert [path.stat().st_mtime_ns for path in paths] == before


def test_pages_are_notebooks_that_link_to_the_chapters(book, page):
    chapter = page("{term}`pitch`({cite}`g711`)입니다.", "The {term}`pitch` ({cite}`g711`).")
    for path, text in pages([chapter]).items():
        notebook = nbformat.reads(text, 4)
        nbformat.validate(notebook)
        language, name = path.parent.name, path.stem
        if name in ("corrections", "colab_status", "paper_runs"):
            continue
        whole = "\n".join(cell.source for cell in notebook.cells)
        assert whole.startswith(f"# {WORDS[language][name]}")
        link = f"[{WORDS[language]['chapter'].format(3)}](small.ipynb)"
        anchors = [line for line in whole.split("\n") if line.startswith("<a id=")]
        used = {"glossary": {"ko": 2, "en": 1}[language], "bibliography": 1}[name]
        assert sum(link in line for line in anchors) == used


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_glossary_is_sorted(language):
    notebook = nbformat.read(ROOT / "book" / language / "glossary.ipynb", 4)
    shown = re.findall(r"</a>\*\*(.+?)\*\*", "\n".join(cell.source for cell in notebook.cells))
    assert shown == sorted(shown, key=sort_key) and len(shown) == len(TERMS)
    letters = [cell.source.split("\n")[0] for cell in notebook.cells[1:]]
    assert len(set(letters)) == len(letters)


def test_find_term_knows_what_it_does_not_know():
    assert find_term("nothing at all", TERMS) is None and find_term("", TERMS) is None
