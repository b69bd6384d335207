"""A button that records the reader's voice in a notebook.

The browser records raw samples at its own rate, without echo cancellation, noise suppression or
automatic gain, all of which would change the sound, and hands them to the kernel as 32-bit floats.
The recording is not saved with the notebook. It works where a page may use the microphone: in JupyterLab,
Notebook and Colab, in a browser. VS Code allows no notebook to do so
(github.com/microsoft/vscode/issues/119127), and the button says this.

Implements: `Recorder`; its page is `recorder.js`.
See:        chapter 24, "The whole chain".
"""

import os
from html import escape
from pathlib import Path
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from tinyaudio.audio.resampling import check_rate, resample
from tinyaudio.audio.writing import save
from tinyaudio.errors import UserError
from tinyaudio.language import tr

MAX_LIMIT_S = 30
QUIET = 0.01  # -40 dB: a peak below it is more likely a muted microphone than a voice


class Recorder:
    """Show a button that records the microphone; then give what was recorded as a tensor.

    It is shown by a notebook when it is the last expression of a cell. A recording replaces the one
    before. On the book's page, where there is no kernel, a sentence stands in its place.

    Args:
        limit_s: After how many seconds the recording ends by itself, 1 to 30.

    Raises:
        UserError: The limit is impossible, or the package anywidget is missing.

    Example:
        >>> recorder = Recorder(limit_s=5)
        >>> recorder.recorded
        False
    """

    def __init__(self, limit_s: int = 10) -> None:
        if not 1 <= limit_s <= MAX_LIMIT_S:
            raise UserError(f"limit_s is {limit_s}: choose 1 to {MAX_LIMIT_S} seconds")
        self.limit_s = limit_s
        self._samples = torch.zeros(0)
        self._sample_rate = 0
        self._widget = None if os.environ.get("TINYAUDIO_BUILD") else _widget(limit_s)
        if self._widget is not None:
            self._widget.on_msg(self._answer)

    @property
    def recorded(self) -> bool:
        """Whether a recording has arrived."""
        return self._samples.numel() > 0

    def waveform(self, sample_rate: int) -> Float[Tensor, " time"]:
        """The last recording, mono.

        Args:
            sample_rate: The rate wanted, in Hz; the browser's own is often 44,100 or 48,000.

        Returns:
            Samples in [-1, 1]; what resampling carries beyond is clipped.

        Raises:
            UserError: Nothing was recorded yet, or the rate is impossible.
        """
        return resample(self._last(), self._sample_rate, sample_rate).clamp(-1, 1)

    def save(self, path: str | Path) -> None:
        """Write the last recording at the browser's own rate; formats as for `tinyaudio.audio.save`.

        Args:
            path: Where to, such as "me.wav".

        Raises:
            UserError: Nothing was recorded yet, or the file cannot be written.
        """
        save(path, self._last()[None], self._sample_rate)

    def _last(self) -> Float[Tensor, " time"]:
        if not self.recorded:
            raise UserError(
                "nothing was recorded yet; press the recorder's button and speak, then run this again"
            )
        return self._samples

    def _receive(self, data: bytes, sample_rate: int) -> str:
        """Take float32 samples (little-endian) in; returns what to tell the reader."""
        check_rate(sample_rate)
        if not len(data) or len(data) % 4:
            return tr(
                "아무것도 녹음되지 않았습니다. 다시 녹음해 보십시오.",
                "Nothing was recorded. Try again.",
            )
        samples = torch.frombuffer(bytearray(data), dtype=torch.float32)
        self._samples = samples.nan_to_num().clamp(-1, 1)
        self._sample_rate = sample_rate
        peak = self._samples.abs().max()
        level = f"{20 * peak.clamp(min=1e-6).log10():.0f} dB"
        text = tr(
            f"파이썬이 받았습니다: {len(samples) / sample_rate:.1f}초, {sample_rate:,} Hz, 피크 {level}.",
            f"Python has it: {len(samples) / sample_rate:.1f} s, {sample_rate:,} Hz, peak {level}.",
        )
        if peak >= 1:
            text += " " + tr(
                "너무 커서 잘린 곳이 있습니다. 마이크에서 떨어져 다시 녹음하십시오.",
                "It was too loud and is clipped. Record again, farther from the microphone.",
            )
        if peak < QUIET:
            text += " " + tr(
                "거의 들리지 않습니다. 마이크가 꺼져 있지 않은지 확인하십시오.",
                "It is hardly audible. See whether the microphone is muted.",
            )
        return text

    def _answer(self, widget: Any, content: dict[str, Any], buffers: list[Any]) -> None:
        """What happens when the page sends a recording."""
        widget.status = ""  # so that the same words again are a change, which the page sees
        widget.status = self._receive(bytes(buffers[0]), round(content["sample_rate"]))

    def _repr_mimebundle_(self, **_: Any) -> Any:
        if self._widget is not None:
            return self._widget._repr_mimebundle_()
        button = tr("녹음", "Record")
        note = tr(
            "이 페이지에서는 녹음되지 않습니다. 이 장을 JupyterLab이나 Colab에서 열고 녹음하십시오.",
            "This page cannot record. Open the chapter in JupyterLab or on Colab to record here.",
        )
        html = (
            f'<div class="ta-recorder"><button type="button" disabled>● {button}</button> '
            f"<small>{escape(note)}</small></div>"
        )
        return {"text/html": html, "text/plain": f"recorder: {note}"}


def _widget(limit_s: int) -> Any:
    """The live button, whose words are in the reader's language.

    Raises:
        UserError: The package anywidget is missing.
    """
    try:
        import traitlets
        from anywidget import AnyWidget
    except ImportError:
        raise UserError(
            "recording in a notebook needs the package anywidget; run: pip install anywidget"
        ) from None

    class RecorderWidget(AnyWidget):
        _esm = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
        words = traitlets.Dict().tag(sync=True)
        limit_s = traitlets.Int().tag(sync=True)
        status = traitlets.Unicode().tag(sync=True)

    return RecorderWidget(words=_words(), limit_s=limit_s)


def _words() -> dict[str, str]:
    """What the page says."""
    return {
        "record": tr("녹음", "Record"),
        "stop": tr("멈춤", "Stop"),
        "level": tr("소리의 크기", "level"),
        "playback": tr("녹음한 소리", "your recording"),
        "asking": tr(
            "브라우저가 마이크를 써도 되는지 묻습니다.",
            "The browser asks whether it may use the microphone.",
        ),
        "recording": tr("녹음하고 있습니다.", "Recording."),
        "sending": tr(
            "파이썬으로 보냈습니다. 다른 셀이 실행되고 있으면 그 뒤에 도착합니다.",
            "Sent to Python. If another cell is running, it arrives after that.",
        ),
        "refused": tr(
            "마이크를 쓸 권한이 없습니다. 주소창의 자물쇠에서 마이크를 허용하고 다시 누르십시오. "
            "VS Code는 노트북에 마이크를 허용하지 않으므로, 브라우저의 JupyterLab이나 Colab에서 여십시오.",
            "The microphone was refused. Allow it at the left of the address bar, then press again. "
            "VS Code allows no notebook to use it: open this one in JupyterLab or Colab, in a browser.",
        ),
        "absent": tr(
            "마이크를 찾지 못했습니다. 마이크를 연결하고 다시 누르십시오.",
            "No microphone was found. Connect one, then press again.",
        ),
        "busy": tr(
            "마이크를 열 수 없습니다. 다른 프로그램이 쓰고 있으면 닫고 다시 누르십시오.",
            "The microphone cannot be opened. Close the program that uses it, then press again.",
        ),
        "insecure": tr(
            "이 페이지에서는 브라우저가 마이크를 막습니다. 주소가 https나 http://localhost로 시작해야 합니다.",
            "The browser gives this page no microphone: its address must begin with https or http://localhost.",
        ),
        "failed": tr("녹음하지 못했습니다.", "Recording failed."),
    }
