"""Every framed message of the page is provoked here, and said as the page says it."""

import re
import subprocess
import sys

import numpy as np
import pytest
import soundfile
import torch

import tinyaudio
from tinyaudio.audio import crop, load, save
from tinyaudio.audio.check import check_waveform
from tinyaudio.checkpoints import open_run
from tinyaudio.data.clips import Clips
from tinyaudio.data.folder import audio_files
from tinyaudio.devices import resolve_device
from tinyaudio.memory import check_batch, out_of_memory
from tinyaudio.metrics.spectral import log_mel_distance
from tinyaudio.recipe import chosen
from tinyaudio.show import player
from tinyaudio.show.recorder import Recorder
from tools.book import LANGUAGES, ROOT
from tools.book.source import read

PAGE = read(ROOT / "book" / "appendices" / "typical_errors.md")
FRAMES = {
    language: re.findall(
        r"```text\n(.*)\n```",
        "\n".join(cell.text for cell in PAGE.cells if cell.language == language),
    )
    for language in LANGUAGES
}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A folder of bad files, in which the reader is."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.wav").write_text("no sound at all " * 20)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "alone").mkdir()
    (tmp_path / "silent").mkdir()
    (tmp_path / "unusable").mkdir()
    (tmp_path / "unusable" / "text.wav").write_text("no sound at all " * 20)
    for path in ("short.wav", "alone/short.wav"):
        soundfile.write(tmp_path / path, np.full(8_000, 0.1), 16_000)
    loud = np.full(100, 20_000, dtype="float32")
    soundfile.write(tmp_path / "loud.wav", loud, 16_000, subtype="FLOAT")


def without_package():
    command = [sys.executable, "-I", "-S", "-c", "import tinyaudio"]
    raise RuntimeError(
        subprocess.run(command, capture_output=True, text=True).stderr.splitlines()[-1]
    )


def too_large_for_a_card():
    raise RuntimeError(out_of_memory(torch.OutOfMemoryError("CUDA out of memory. Tried ...")))


AUDIO = torch.zeros(1, 1_600)
CHECK = getattr(
    check_waveform, "__wrapped__", check_waveform
)  # types are checked under pytest only
PROVOKED = [
    without_package,
    lambda: eval("piano"),
    lambda: tinyaudio.pretrained("wavenet-flute"),
    lambda: load("missing.wav"),
    lambda: load("text.wav"),
    lambda: load("empty.wav"),
    lambda: load("short.wav", start_s=2.0),
    lambda: load("loud.wav"),
    lambda: Recorder().waveform(16_000),
    lambda: Clips("alone", sample_rate=16_000, n_samples=4_096),
    lambda: Clips("unusable", sample_rate=16_000, n_samples=4_096),
    lambda: CHECK(AUDIO.to(torch.int16)),
    lambda: CHECK(AUDIO.numpy()),
    lambda: player(torch.zeros(16_000, 2), 16_000),
    lambda: torch.nn.Conv1d(1, 4, 3)(torch.zeros(1, 2, 100)),
    lambda: torch.nn.Linear(80, 4)(torch.zeros(80, 100)),
    lambda: torch.nn.functional.cross_entropy(torch.zeros(1, 256), torch.tensor([256])),
    lambda: torch.nn.Conv1d(1, 1, 1)(torch.zeros(1, 1, 4, dtype=torch.int64)),
    lambda: player(1.2 * torch.ones(1, 1_600), 16_000),
    lambda: log_mel_distance(AUDIO, torch.zeros(1, 1_700), 16_000),
    lambda: torch.zeros(2, requires_grad=True).numpy(),
    lambda: check_batch({"audio": torch.zeros(1, 4_096)}, 100_000_000),
    too_large_for_a_card,
    lambda: torch.zeros(10**14),
    lambda: resolve_device("cuda:99"),
    lambda: audio_files("absent"),
    lambda: audio_files("silent"),
    lambda: open_run("untrained"),
    lambda: chosen("anna", [*"01234567"]),
]
# The names that the page gives to the files of the test.
CALLED = {
    **{f"{name}.wav": "my.wav" for name in ("missing", "text", "empty", "short", "loud")},
    **dict.fromkeys(("alone", "unusable", "absent", "silent"), "my_sounds"),
    **{"untrained": "my_runs/mine", "cuda:99": "cuda"},
}


@pytest.mark.filterwarnings("ignore:left out")
def test_every_message_is_what_is_said(files):
    assert FRAMES["ko"] == FRAMES["en"] and len(FRAMES["en"]) == len(PROVOKED)
    for frame, provoke in zip(FRAMES["en"], PROVOKED, strict=True):
        with pytest.raises(Exception) as caught:
            provoke()
        said = str(caught.value)
        for name, called in CALLED.items():
            said = said.replace(name, called)
        pattern = ".*".join(map(re.escape, frame.split("…")))
        assert re.search(rf"(?s)(^|\n|: ){pattern}($|\n)", said), f"{frame}\n{said}"


def stated(korean, english):
    """These words stand in the page's editions."""
    for language, words in (("ko", korean), ("en", english)):
        assert words in "\n".join(cell.text for cell in PAGE.cells if cell.language == language)


def test_what_is_heard_without_a_message(tmp_path):
    stated("2.8배 길어집니다", "lasts 2.8 times as long")
    save(tmp_path / "a.wav", torch.zeros(1, 44_100), 44_100)  # a second
    audio, sample_rate = load(tmp_path / "a.wav")
    assert sample_rate == 44_100 and round(audio.shape[1] / 16_000, 1) == 2.8
    stated("`crop`은 모자라는 만큼 0을 채웁니다", "`crop` fills up with zeros")
    assert crop(torch.ones(1, 100), 200)[0, 100:].abs().max() == 0
    stated("`(1, T)`와 `(T, 1)`을 더하면 `(T, T)`가 됩니다", "`(1, T)` plus `(T, 1)` is `(T, T)`")
    assert (AUDIO + AUDIO.T).shape == (AUDIO.shape[1],) * 2
