"""The recorder: what the page sends becomes a waveform; in Chromium, what a microphone gives arrives unchanged."""

import json
import shutil
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.chromium import chromium, served
from tinyaudio.audio import load, resample, save
from tinyaudio.errors import UserError
from tinyaudio.language import set_language
from tinyaudio.show import recorder
from tinyaudio.show.recorder import Recorder

SCRIPT = Path(recorder.__file__).with_suffix(".js")


def sent(samples, sample_rate=48_000, to=None):
    """A recorder to which a page has sent a recording, and what it answered."""
    one, page = to or Recorder(), SimpleNamespace()
    data = memoryview(np.asarray(samples, "<f4").tobytes())
    one._answer(page, {"sample_rate": sample_rate}, [data])
    return one, page.status


@pytest.fixture
def live(monkeypatch):
    monkeypatch.delenv("TINYAUDIO_BUILD", raising=False)


def tone(sample_rate, seconds=1.0, hertz=440.0):
    return 0.5 * torch.sin(
        2 * torch.pi * hertz * torch.arange(round(seconds * sample_rate)) / sample_rate
    )


def test_before_it_records_it_says_so():
    one = Recorder()
    assert not one.recorded
    for ask in (lambda: one.waveform(16_000), lambda: one.save("never.wav")):
        with pytest.raises(UserError, match="nothing was recorded yet") as problem:
            ask()
        assert "\n" not in str(problem.value)
    assert not Path("never.wav").exists()


def test_at_the_browser_s_rate_every_bit_is_kept():
    samples = torch.rand(4_801, generator=torch.Generator().manual_seed(0)) * 2 - 1
    one, status = sent(samples)
    assert one.recorded and torch.equal(one.waveform(48_000), samples)
    assert "0.1 s, 48,000 Hz" in status


@pytest.mark.parametrize("from_hz", [8_000, 44_100, 48_000, 96_000])
@pytest.mark.parametrize("to_hz", [16_000, 24_000])
def test_it_is_resampled_as_the_package_does(from_hz, to_hz):
    samples = tone(from_hz)
    one, _ = sent(samples, from_hz)
    assert one.waveform(to_hz).shape == (to_hz,)
    assert torch.equal(one.waveform(to_hz), resample(samples, from_hz, to_hz))


def test_what_is_beyond_full_scale_is_clipped_and_said():
    one, status = sent([2.0, -3.0, float("nan"), 0.5])
    assert one.waveform(48_000).tolist() == [1, -1, 0, 0.5]
    assert "too loud" in status
    square = torch.sign(tone(44_100, 0.1))  # resampling carries it beyond
    one, _ = sent(square, 44_100)
    assert resample(square, 44_100, 16_000).abs().max() > 1.05
    assert one.waveform(16_000).abs().max() == 1


@pytest.mark.parametrize(
    ("peak", "said"), [(0.0, True), (0.009, True), (0.011, False), (0.9, False)]
)
def test_silence_is_said(peak, said):
    assert ("muted" in sent([peak] * 480)[1]) == said


def test_an_empty_recording_leaves_the_one_before():
    one, status = sent([])
    assert not one.recorded and "Nothing was recorded" in status
    sent([0.25] * 10, to=one)
    sent([], to=one)
    assert one.waveform(48_000).tolist() == [0.25] * 10
    sent([0.5] * 3, 16_000, to=one)  # the last one counts
    assert one.waveform(16_000).tolist() == [0.5] * 3


def test_it_is_saved_at_its_own_rate(tmp_path):
    one, _ = sent([0.25, -0.5, 0.125], 44_100)
    one.save(tmp_path / "me.wav")
    clip, rate = load(tmp_path / "me.wav")
    assert rate == 44_100 and clip.tolist() == [[0.25, -0.5, 0.125]]


@pytest.mark.parametrize("limit_s", [0, -1, 31])
def test_the_limit_is_checked(limit_s):
    with pytest.raises(UserError, match="1 to 30 seconds"):
        Recorder(limit_s)


def test_in_the_book_a_sentence_stands_in_its_place(monkeypatch):
    monkeypatch.setenv("TINYAUDIO_BUILD", "1")
    monkeypatch.setitem(sys.modules, "anywidget", None)  # which the book does not need
    set_language("⟦ko|en⟧")
    try:
        shown = Recorder()._repr_mimebundle_()
    finally:
        set_language("en")
    assert set(shown) == {"text/html", "text/plain"}
    for words in ("JupyterLab이나 Colab에서", "in JupyterLab or on Colab", "disabled"):
        assert words in shown["text/html"]
    assert "<script" not in shown["text/html"]


def test_live_it_is_a_widget_and_hears_its_page(live):
    one = Recorder(limit_s=5)
    data, _ = one._repr_mimebundle_(include=None, exclude=None)
    view = data["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == one._widget.model_id
    state = one._widget.get_state()
    assert state["limit_s"] == 5 and state["_esm"] == SCRIPT.read_text(encoding="utf-8")
    assert state["words"]["record"] == "Record" and "http" not in state["_esm"]
    statuses = []
    one._widget.observe(lambda change: statuses.append(change.new), "status")
    message = {"method": "custom", "content": {"sample_rate": 16_000}}
    buffers = [np.ones(4, "<f4").data.cast("B")]
    for _ in range(2):  # the second answer is the first again, and is seen all the same
        one._widget._handle_msg({"content": {"data": message}, "buffers": buffers})
    assert one.waveform(16_000).tolist() == [1] * 4
    assert statuses == [statuses[0], "", statuses[0]] and "Python has it" in statuses[0]
    # No trait has the samples, so that a notebook saved with its widgets has not either.
    assert not any(
        isinstance(value, bytes | memoryview) for value in one._widget.get_state().values()
    )


def test_without_anywidget_it_says_what_to_install(live, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    with pytest.raises(UserError, match="pip install anywidget") as problem:
        Recorder()
    assert "\n" not in str(problem.value)


def test_every_word_of_the_page_is_in_both_languages_and_used():
    english = recorder._words()
    set_language("ko")
    try:
        korean = recorder._words()
    finally:
        set_language("en")
    assert english.keys() == korean.keys()
    assert all(english[name] != korean[name] for name in english)
    script = SCRIPT.read_text(encoding="utf-8")
    assert all(f"words.{name}" in script for name in english)


# In a browser whose microphone is a file.

STAND_IN = """<!doctype html><meta charset="utf-8"><div id="cell"></div><script type="module">
import widget from "./recorder.js";
window.sent = [];
const state = WORDS, listeners = [];
const model = {
  get: (name) => state[name],
  on: (event, f) => event == "change:status" && listeners.push(f),
  off: (event, f) => listeners.splice(listeners.indexOf(f), 1),
  send: (content, callbacks, buffers) => sent.push([content, [...new Float32Array(buffers[0])]]),
};
window.answer = (status) => { state.status = status; listeners.forEach((f) => f()); };
window.show = () => {
  document.getElementById("cell").innerHTML = "";
  window.leave = widget.render({ model, el: document.getElementById("cell") });
};
show();
window.ready = true;
</script>"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where the recorder's page is served, with a limit of 2 s."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(SCRIPT, folder / "recorder.js")
    state = json.dumps({"words": recorder._words(), "limit_s": 2, "status": ""})
    (folder / "index.html").write_text(STAND_IN.replace("WORDS", state), encoding="utf-8")
    with served(folder) as port:
        yield f":{port}/index.html"


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """Chromium, which hears a tone of 440 Hz."""
    file = tmp_path_factory.mktemp("microphone") / "tone.wav"
    save(file, tone(48_000, 5.0)[None], 48_000)
    words = (
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}",
        "--host-resolver-rules=MAP insecure.test 127.0.0.1",
    )
    with chromium(*words) as driver:
        allow(driver, "granted")
        yield driver


def allow(driver, setting):
    """What a reader answers, on every page, when the browser asks for the microphone."""
    about = {"permission": {"name": "microphone"}, "setting": setting}
    driver.execute_cdp_cmd("Browser.setPermission", about)


def opened(driver, url):
    driver.get(url)
    until(driver, "return window.ready")


def until(driver, script, seconds=10):
    """What a script returns as soon as it is true."""
    end = time.monotonic() + seconds
    while not (value := driver.execute_script(script)):
        assert time.monotonic() < end, (script, driver.find_element("id", "cell").text)
        time.sleep(0.05)
    return value


def status(driver):
    return driver.execute_script("return document.querySelector('[role=status]').textContent")


def press(driver):
    driver.find_element("css selector", "button").click()


def recorded(driver, seconds):
    """What the page sends of a recording that is stopped after `seconds`, or by itself if None."""
    press(driver)
    until(driver, "return document.querySelector('button').textContent == '■ Stop'")
    if seconds is not None:
        until(
            driver, f"return parseFloat(document.querySelector('output').textContent) >= {seconds}"
        )
        press(driver)
    content, samples = until(driver, "return sent.pop()")
    return torch.tensor(samples), content["sample_rate"]


def pitch_hz(samples, sample_rate):
    """Where the spectrum is highest, between bins by a parabola."""
    power = torch.fft.rfft(samples * torch.hann_window(len(samples))).abs().log()
    k = int(power[1:-1].argmax()) + 1
    a, b, c = power[k - 1 : k + 2].tolist()
    return (k + 0.5 * (a - c) / (a - 2 * b + c)) * sample_rate / len(samples)


def test_the_tone_of_the_microphone_arrives(driver, address):
    opened(driver, f"http://127.0.0.1{address}")
    samples, rate = recorded(driver, 1)
    assert rate >= 8_000 and 1 <= len(samples) / rate < 1.9
    assert pitch_hz(samples, rate) == pytest.approx(440, rel=0.01)
    # Nothing has changed its level: after the start, the peak is the file's.
    middle = samples[len(samples) // 2 :]
    assert middle.abs().max().item() == pytest.approx(0.5, rel=0.02)
    assert "Sent" in status(driver)
    driver.execute_script("answer('Python has it')")
    assert status(driver) == "Python has it"
    # And can be heard: a player as long as what was sent.
    until(driver, "return document.querySelector('audio').readyState >= 1")
    player = driver.execute_script(
        "const a = document.querySelector('audio'); return [a.hidden, a.duration]"
    )
    assert player == [False, pytest.approx(len(samples) / rate, abs=1e-3)]
    driver.execute_script("leave(); show()")  # the cell is run again
    assert status(driver) == "Python has it"


def test_it_ends_at_the_limit_and_records_again(driver, address):
    opened(driver, f"http://127.0.0.1{address}")
    for _ in range(2):
        samples, rate = recorded(driver, None)
        assert len(samples) == 2 * rate
    assert driver.find_element("css selector", "output").text == "2.0 s"
    assert driver.find_element("css selector", "button").text == "● Record"


STEREO = """
const context = new AudioContext(), merger = new ChannelMergerNode(context, { numberOfInputs: 2 });
const out = new MediaStreamAudioDestinationNode(context, { channelCount: 2, channelCountMode: "explicit" });
const left = new ConstantSourceNode(context, { offset: 0.75 });
left.connect(merger, 0, 0), merger.connect(out), left.start();
navigator.mediaDevices.getUserMedia = async (wanted) => { window.wanted = wanted; await context.resume(); return window.stream = out.stream; };
"""


def test_stereo_becomes_the_mean_of_its_channels(driver, address):
    opened(driver, f"http://127.0.0.1{address}")
    driver.execute_script(STEREO)
    samples, _ = recorded(driver, 0.5)
    assert samples[-1].item() == pytest.approx(0.375, abs=1e-4)
    wanted = driver.execute_script("return wanted.audio")
    assert wanted == {
        "echoCancellation": False,
        "noiseSuppression": False,
        "autoGainControl": False,
        "channelCount": 1,
    }


MICROPHONES = "return stream.getTracks().map(track => track.readyState)"


def test_the_microphone_is_let_go(driver, address):
    """After a recording; and when the cell goes while it records, of which nothing is then sent."""
    opened(driver, f"http://127.0.0.1{address}")
    driver.execute_script(STEREO)
    recorded(driver, 0.1)
    assert driver.execute_script(MICROPHONES) == ["ended"]
    opened(driver, f"http://127.0.0.1{address}")
    driver.execute_script(STEREO)
    press(driver)
    until(driver, "return document.querySelector('button').textContent == '■ Stop'")
    assert driver.execute_script(MICROPHONES) == ["live"]
    driver.execute_script("leave()")
    assert driver.execute_script(MICROPHONES) == ["ended"]
    assert driver.execute_script("return sent.length") == 0


def test_a_refusal_is_said_and_may_be_taken_back(driver, address):
    opened(driver, f"http://127.0.0.1{address}")
    allow(driver, "denied")
    press(driver)
    until(driver, "return document.querySelector('[role=status]').textContent.includes('refused')")
    allow(driver, "granted")
    samples, rate = recorded(driver, 0.5)
    assert len(samples) >= 0.5 * rate


def test_a_page_without_a_secure_address_is_said(driver, address):
    opened(driver, f"http://insecure.test{address}")
    press(driver)
    assert "must begin with https" in status(driver)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotFoundError", "No microphone was found"),
        ("NotReadableError", "cannot be opened"),
        ("AbortError", "Recording failed. (AbortError: because)"),
    ],
)
def test_other_errors_are_said(driver, address, name, words):
    opened(driver, f"http://127.0.0.1{address}")
    driver.execute_script(
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('because', arguments[0]) }",
        name,
    )
    press(driver)
    until(driver, f"return document.querySelector('[role=status]').textContent.includes({words!r})")
    assert driver.execute_script("return sent.length") == 0
