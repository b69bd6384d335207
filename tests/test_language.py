"""What is said to the reader is said in the reader's language."""

import pytest

from tinyaudio import language
from tinyaudio.language import set_language, tr
from tools.book.edition import select


@pytest.fixture(autouse=True)
def back_to_english():
    yield
    set_language("en")


def test_english_unless_told_otherwise():
    assert tr("소리", "sound") == "sound"


@pytest.mark.parametrize(
    ("code", "said"), [("ko", "소리"), ("en", "sound"), ("⟦ko|en⟧", "⟦소리|sound⟧")]
)
def test_each_language(code, said):
    set_language(code)
    assert tr("소리", "sound") == said


@pytest.mark.parametrize("code", ["", "KO", "fr", "⟦en|ko⟧"])
def test_no_other_language(code):
    set_language("ko")
    with pytest.raises(ValueError, match="choose 'ko' or 'en'"):
        set_language(code)
    assert tr("소리", "sound") == "소리"  # what was chosen stays


def test_the_builder_finds_both_again():
    set_language("⟦ko|en⟧")
    said = f"1 {say('소리', 'sound')}, 2 {say('음', 'tones')}"
    assert select(said, "ko") == "1 소리, 2 음" and select(said, "en") == "1 sound, 2 tones"


@pytest.mark.parametrize("text", ["|x|", "⟦", "a⟧"])
def test_what_the_builder_could_not_take_apart_is_refused(text):
    set_language("⟦ko|en⟧")
    with pytest.raises(ValueError, match="⟦"):
        tr(text, "plain")
    set_language("ko")
    assert tr(text, "plain") == text  # a reader may be told anything
    assert language._language == "ko"
