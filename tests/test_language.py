"""Messages are in the reader's language."""

import pytest

from tinyaudio import language
from tinyaudio.language import set_language, tr
from tools.book.edition import select


@pytest.fixture(autouse=True)
def back_to_english():
    yield
    set_language("en")


def test_english_by_default():
    assert tr("소리", "sound") == "sound"


@pytest.mark.parametrize(
    ("code", "text"), [("ko", "소리"), ("en", "sound"), ("⟦ko|en⟧", "⟦소리|sound⟧")]
)
def test_each_language(code, text):
    set_language(code)
    assert tr("소리", "sound") == text


@pytest.mark.parametrize("code", ["", "KO", "fr", "⟦en|ko⟧"])
def test_no_other_language(code):
    set_language("ko")
    with pytest.raises(ValueError, match="choose 'ko' or 'en'"):
        set_language(code)
    assert tr("소리", "sound") == "소리"  # what was chosen stays


def test_the_builder_finds_both_again():
    set_language("⟦ko|en⟧")
    text = f"1 {tr('소리', 'sound')}, 2 {tr('음', 'tones')}"
    assert select(text, "ko") == "1 소리, 2 음" and select(text, "en") == "1 sound, 2 tones"


@pytest.mark.parametrize("text", ["|x|", "⟦", "a⟧"])
def test_what_the_builder_could_not_separate_is_refused(text):
    set_language("⟦ko|en⟧")
    with pytest.raises(ValueError, match="⟦"):
        tr(text, "plain")
    set_language("ko")
    assert tr(text, "plain") == text  # outside the book any text will do
    assert language._language == "ko"
