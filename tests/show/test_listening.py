"""What a listening test has in its page; how it runs is tested in the browser."""

import pytest
import torch

from tests.show.test_sliders import Page
from tinyaudio.errors import AudioError
from tinyaudio.language import set_language
from tinyaudio.show.listening import listening_test

PAIRS = [(torch.zeros(1, 800), torch.ones(1, 800) / 2)] * 3


@pytest.mark.parametrize(("kind", "players"), [("preference", 2), ("abx", 3)])
def test_every_pair_has_its_players_and_two_answers(kind, players):
    shown = listening_test(kind, PAIRS, 8_000, ("new <1>", "old"), "Which is better?", "wav")
    page = Page(shown.html)
    assert len(page.all("div", "ta-trial")) == 3 and len(page.all("audio")) == 3 * players
    answers = [button["value"] for button in page.all("button") if "value" in button]
    assert answers == ["0", "1"] * 3
    assert repr(shown) == f"listening test ({kind}): new <1> and old, 3 pairs"


@pytest.mark.parametrize("kind", ["preference", "abx"])
def test_a_page_of_the_book_holds_both_languages(kind):
    """As `tools.book` has it: its builder keeps one of the two in each edition."""
    set_language("⟦ko|en⟧")
    try:
        html = listening_test(kind, PAIRS, 8_000, ("a", "b"), "?", "wav").html
    finally:
        set_language("en")
    assert "⟦시작|Start⟧" in html
    assert ("⟦X는 A입니다|X is A⟧" in html and "⟦X는 B입니다|X is B⟧" in html) == (kind == "abx")


def test_what_cannot_be_a_test_is_refused():
    with pytest.raises(
        AudioError, match="no listening test 'mushra'; choose one of preference, abx"
    ):
        listening_test("mushra", PAIRS, 8_000, ("a", "b"), "?")
    with pytest.raises(AudioError, match="at least one pair"):
        listening_test("abx", [], 8_000, ("a", "b"), "?")
