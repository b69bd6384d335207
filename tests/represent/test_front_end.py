"""Two front ends agree, or the difference is said setting by setting."""

from dataclasses import replace

import pytest

from tinyaudio.represent.front_end import FrontEnd


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"sample_rate": 22_050}, "sample rate 22050 Hz instead of 16000"),
        ({"n_fft": 512}, "n_fft 512 instead of 1024"),
        ({"hop_length": 128}, "hop 128 instead of 256"),
        ({"n_mels": 100}, "100 bands instead of 80"),
    ],
)
def test_each_setting_is_compared(change, words):
    ours = FrontEnd(16_000)
    assert ours.difference(ours) == ""
    assert ours.difference(replace(ours, **change)) == words
