"""The streaming benchmark measures memory and time, on a second of sound."""

import pytest
import soundfile

from benchmarks import streaming, streaming_commands


def test_a_short_stream_is_measured(tmp_path):
    found = streaming.streamed(tmp_path / "a.wav", 16_000)
    assert found["samples"] == 16_000 and found["length_s"] == 1.0
    assert found["rss_first_mb"] > 50  # torch alone
    assert 0 <= found["rss_growth_mb"] <= 50
    assert found["cpu_seconds"] > 0


def test_the_sound_is_always_the_same_and_not_constant(tmp_path):
    """So that what an interrupted run leaves can be compared with the complete file."""
    for name in "ab":
        streaming.streamed(tmp_path / f"{name}.wav", 3000)
    a, b = (soundfile.read(tmp_path / f"{name}.wav")[0] for name in "ab")
    assert (a == b).all() and a.std() > 0.01


@pytest.mark.slow
def test_a_command_s_memory_is_that_of_the_process_and_its_file_as_long_as_asked():
    found = streaming_commands.converted(1.5)
    assert found["length_s"] == 1.5
    assert found["rss_peak_mb"] > 100  # torch and the networks
    assert 0 < found["cpu_seconds"] and found["channels"] == 1
    assert streaming_commands.high_water_mb(2**22 + 1) == 0  # no such process
    assert streaming_commands.cpu_seconds(2**22 + 1) == 0


@pytest.mark.slow
def test_a_file_is_upsampled_in_stereo():
    found = streaming_commands.upsampled(1.0, 1)
    assert found["length_s"] == 1.0 and found["channels"] == 2
    one, eight = (streaming_commands.macs_a_second(n) for n in (1, 8))
    assert one < eight < 8 * one  # the condition is computed once
