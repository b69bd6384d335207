"""PCM integers and other numbers that are no amplitudes are refused wherever a waveform is taken.

Under pytest jaxtyping refuses them first, so all calls are made in another process, as a user makes them.
"""

import json
import subprocess
import sys

import pytest

PROGRAM = """
import json
import numpy as np
import torch
from tinyaudio.audio import crop, peak_db, resample, rms_db, save, to_mono
from tinyaudio.audio.resampling import resample_direct
from tinyaudio.errors import AudioError
from tinyaudio.metrics.pitch import f0_track
from tinyaudio.metrics.spectral import log_mel_distance
from tinyaudio.represent import linear, mulaw
from tinyaudio.represent.logmel import log_mel
from tinyaudio.represent.melscale import mel, mel_filterbank
from tinyaudio.represent.source_filter import voice_pitch
from tinyaudio.represent.spectrum import griffin_lim, log_magnitude, stft
from tinyaudio.show import compare, player, spectrogram, waveform

tone = 0.5 * torch.sin(2 * torch.pi * 220 * torch.arange(8_000) / 16_000)[None]
calls = {
    "crop": lambda x: crop(x, 100),
    "to_mono": to_mono,
    "peak_db": peak_db,
    "rms_db": rms_db,
    "resample": lambda x: resample(x, 16_000, 8_000),
    "resample to the same rate": lambda x: resample(x, 16_000, 16_000),
    "resample_direct": lambda x: resample_direct(x, 16_000, 15_999),
    "save": lambda x: save("never.wav", x, 16_000),
    "linear.encode": lambda x: linear.encode(x, 16),
    "linear.quantize": lambda x: linear.quantize(x, 8),
    "mulaw.compress": mulaw.compress,
    "mulaw.expand": mulaw.expand,
    "mulaw.encode": mulaw.encode,
    "stft": stft,
    "log_magnitude": log_magnitude,
    "griffin_lim": lambda x: griffin_lim(x.expand(513, -1)[:, :8] if hasattr(x, "expand") else x),
    "mel": lambda x: mel(x.expand(513, -1) if hasattr(x, "expand") else x, mel_filterbank(16_000, 1024)),
    "log_mel": lambda x: log_mel(x[None], 16_000),
    "voice_pitch": lambda x: voice_pitch(x[0], 16_000),
    "f0_track": lambda x: f0_track(x, 16_000),
    "log_mel_distance": lambda x: log_mel_distance(x, tone, 16_000),
    "log_mel_distance to": lambda x: log_mel_distance(tone, x, 16_000),
    "player": lambda x: player(x, 16_000),
    "compare": lambda x: compare({"a": x}, 16_000),
    "waveform": lambda x: waveform(x, 16_000),
    "spectrogram": lambda x: spectrogram(x, 16_000),
}
inputs = {
    "int16": (tone * 32_767).short(),
    "uint8": (tone * 127 + 128).byte(),
    "int32": (tone * 2**31 * 0.9).int(),
    "int64": (tone * 32_767).long(),
    "bool": tone > 0,
    "complex64": tone.cfloat(),
    "a ndarray": (tone * 32_767).short().numpy(),
}
results = {}
for kind, x in inputs.items():
    for name, call in calls.items():
        try:
            call(x)
            results[f"{name} of {kind}"] = "taken"
        except AudioError as error:
            results[f"{name} of {kind}"] = str(error)
        except Exception as error:
            results[f"{name} of {kind}"] = f"{type(error).__name__}: {error}"
for name, call in calls.items():  # amplitudes are taken
    if name not in ("griffin_lim", "mel", "save"):
        call(tone)
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("never")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=folder, check=True
    )
    assert list(folder.iterdir()) == []
    return json.loads(done.stdout)


def test_each_is_refused_in_one_line_that_says_what_to_do(results):
    words = {
        "int16": "audio / 32768",
        "uint8": "(audio - 128.0) / 128",
        "int32": "audio / 2**31",
        "int64": "audio / 32768",
        "bool": "audio.float()",
        "complex64": "real part",
        "a ndarray": "torch.from_numpy",
    }
    assert len(results) == 7 * 26
    for name, line in results.items():
        kind = name.rpartition(" of ")[2]
        assert words[kind] in line and kind in line and "\n" not in line, (name, line)
        if kind.startswith(("int", "uint")):
            assert "divide by full scale" in line, (name, line)
