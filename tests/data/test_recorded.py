"""The recordings that ship are the ones in the index, and their makers are named."""

import hashlib
import json
import re

import pytest

from tinyaudio.audio import peak_db
from tinyaudio.data.recorded import SOUNDS, names, recording
from tinyaudio.errors import DataError

LICENSES = (SOUNDS.parent / "LICENSES.md").read_text()
INDEX = {entry["name"]: entry for entry in json.loads((SOUNDS / "index.json").read_text())}
RATES = {"note": {16_000}, "loop": {44_100}, "speech": {16_000}, "synthetic speech": {22_050}}


def test_files_and_index_name_the_same_recordings():
    assert {path.stem for path in SOUNDS.glob("*.flac")} == set(INDEX) == set(names())


@pytest.mark.parametrize("name", names())
def test_each_recording_is_what_the_index_says(name):
    entry, made = INDEX[name], recording(name)
    assert hashlib.sha256((SOUNDS / f"{name}.flac").read_bytes()).hexdigest() == entry["sha256"]
    assert made.sample_rate == entry["sample_rate"] and made.sample_rate in RATES[made.kind]
    assert made.audio.shape[0] == entry["channels"]
    # The index rounds to milliseconds.
    assert made.audio.shape[1] / made.sample_rate == pytest.approx(entry["seconds"], abs=5e-4)
    # -1 dB before rounding to 16 bit: half a step at that level is 0.0002 dB.
    assert peak_db(made.audio).max().item() == pytest.approx(-1, abs=3e-4)
    for field in ("name", "title", "licence", "author", "source"):
        assert getattr(made, field) == entry[field] != ""
    assert (made.pitch is not None) == (made.kind == "note")
    assert (made.language is not None) == ("speech" in made.kind)


def test_only_licences_that_let_everybody_use_them():
    assert {entry["licence"] for entry in INDEX.values()} == {"MIT", "CC0-1.0", "CC-BY-3.0"}
    for url in ("licenses/by/3.0", "publicdomain/zero/1.0", "spdx.org/licenses/MIT"):
        assert url in LICENSES
    assert "Copyright (c) 2000-2002, 2008 Frank Wen" in LICENSES
    assert "Permission is hereby granted, free of charge" in LICENSES


def test_every_author_is_named():
    assert all(entry["author"] in LICENSES for entry in INDEX.values())


def test_every_file_and_package_stands_in_the_licences():
    for entry in INDEX.values():
        group = {"loop": f"`{entry['name']}.flac`", "note": "36 notes"}.get(
            entry["kind"], re.sub(r"(-..-).*", r"\1*", entry["name"])
        )
        assert group in LICENSES
        package = re.search(r"Debian (\S+) ([^)]+)\)", entry["source"])
        if package:
            assert f"`{package[1]}` {package[2]}" in LICENSES
    assert len(names("note")) == 36


def test_a_synthetic_voice_is_labelled_as_one():
    for name in names("synthetic speech"):
        assert name.startswith("synthetic-") and "espeak-ng" in recording(name).author
        assert recording(name).text


def test_names_by_kind_make_up_all_names():
    assert sorted(name for kind in RATES for name in names(kind)) == sorted(names())
    with pytest.raises(DataError, match="choose one of: loop, note, speech, synthetic speech"):
        names("drums")


def test_an_unknown_name_is_answered_with_similar_ones():
    with pytest.raises(DataError, match=r"perhaps .*cello-48"):
        recording("cello-49")
    with pytest.raises(DataError, match=r"names\(\) lists all"):
        recording("zzzz")
