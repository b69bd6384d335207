"""Corpora as they unpack: which files are recordings, whose each is, and what every recipe reads.

A corpus brings lists of its own, of sentences or of speakers: where they name what the folder lacks, it
is half a corpus.

Implements: `CorpusFile`, `corpus_files`, `arrange`.
See:        `tinyaudio.data.corpora` for what they are; `tinyaudio.data.nsynth_folder` for NSynth's labels.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tinyaudio.data.corpora import find_corpus
from tinyaudio.data.folder import audio_files
from tinyaudio.data.nsynth_folder import notes_of
from tinyaudio.errors import DataError
from tinyaudio.files import atomic_write


@dataclass(frozen=True)
class CorpusFile:
    """A recording of a corpus.

    Args:
        path: Where it lies.
        group: Its speaker or singer; of NSynth its instrument's family, of Speech Commands its word.
        name: A file name that no other of its group has.
    """

    path: Path
    group: str
    name: str


def corpus_files(name: str, folder: Path, *, partial: bool = False) -> list[CorpusFile]:
    """The recordings of a corpus, each with its group, in order.

    Args:
        name: Of the corpus, such as "ljspeech".
        folder: As its archive unpacks, or the folder it was downloaded to.
        partial: Whether half a corpus will do.

    Raises:
        DataError: It is not this corpus, or recordings are missing.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as place:
        ...     for wav in ("ADIZ/sing/01.wav", "ADIZ/read/01.wav"):
        ...         Path(place, wav).parent.mkdir(parents=True)
        ...         Path(place, wav).touch()
        ...     [(one.group, one.name) for one in corpus_files("nus-48e", Path(place), partial=True)]
        [('ADIZ', 'read_01.wav'), ('ADIZ', 'sing_01.wav')]
    """
    corpus = find_corpus(name)
    layout = LAYOUTS[name]
    unpacked = folder / corpus.archives[0].name if len(corpus.archives) == 1 else folder
    places = [place for place in (folder, unpacked) if any(place.glob(layout.marker))]
    if not places:
        raise DataError(
            f"{folder}: not {name} as it unpacks: there is no {layout.marker}; name the folder that has it"
        )
    try:
        listed = sorted(layout.read(places[0]), key=lambda one: (one.group, one.name))
    except (OSError, ValueError, IndexError) as problem:
        raise DataError(
            f"{places[0]}: not {name} as it unpacks ({problem}); download it again"
        ) from None
    found = [one for one in listed if one.path.is_file()]
    if not found or (len(found) < len(listed) and not partial):
        first = next(one.path for one in listed if not one.path.is_file()) if listed else "all"
        raise DataError(
            f"{places[0]}: {len(listed) - len(found)} of {len(listed)} recordings of {name} are missing, such"
            f" as {first}; download it again, or take what is there with --partial"
        )
    groups = {one.group for one in found}
    if len(groups) < layout.n_groups and not partial:
        raise DataError(
            f"{places[0]}: {len(groups)} of the {layout.n_groups} {layout.group}s of {name}; download it again,"
            " or take what is there with --partial"
        )
    return found


def arrange(files: Iterable[CorpusFile], folder: Path) -> int:
    """Make a folder with a folder of recordings for each group, as every recipe reads it; returns their number.

    The recordings are linked, which takes no space, or copied where the disk has no such links.

    Raises:
        DataError: The folder cannot be written, or a list in the corpus has a group that leads elsewhere.
    """
    n = 0
    for one in files:
        if one.group in ("", "..") or Path(one.group).name != one.group:
            raise DataError(f"{one.path}: its group {one.group!r} is no folder's name")
        target = folder / one.group / one.name
        if not target.exists():
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(one.path, target)
            except OSError:
                with atomic_write(target, DataError) as file:
                    file.write(one.path.read_bytes())
        n += 1
    return n


@dataclass(frozen=True)
class Layout:
    """How a corpus lies in its folder.

    Args:
        marker: A pattern that finds something there.
        read: The recordings that it should hold.
        group: What a group is.
        n_groups: How many the whole has.
    """

    marker: str
    read: Callable[[Path], Iterable[CorpusFile]]
    group: str = "speaker"
    n_groups: int = 1


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


def _named(path: Path, group: str) -> CorpusFile:
    return CorpusFile(path, group, path.name)


def _below(place: Path) -> Iterable[CorpusFile]:
    """All recordings of a folder for each speaker or singer, at any depth."""
    for path in audio_files(place):
        group, *rest = path.relative_to(place).parts
        yield CorpusFile(path, group, "_".join(rest))


def _nsynth(folder: Path) -> Iterable[CorpusFile]:
    """``examples.json`` names the notes."""
    return [
        _named(path, labels["instrument_family_str"]) for path, labels in notes_of(folder, "all")
    ]


def _vctk(folder: Path) -> Iterable[CorpusFile]:
    """``speaker-info.txt`` names the speakers, the first microphone is there for all of them."""
    for line in _lines(folder / "speaker-info.txt")[1:]:
        speaker = line.split()[0]
        place = folder / "wav48_silence_trimmed" / speaker
        wanted = f"{speaker}_*_mic1.flac"
        yield from (
            _named(path, speaker) for path in sorted(place.glob(wanted)) or [place / wanted]
        )


def _ljspeech(folder: Path) -> Iterable[CorpusFile]:
    """``metadata.csv`` begins each line with a name."""
    for line in _lines(folder / "metadata.csv"):
        yield _named(folder / "wavs" / f"{line.split('|')[0]}.wav", "lj")


def _kss(folder: Path) -> Iterable[CorpusFile]:
    """The transcript begins each line with a path, such as 1/1_0000.wav."""
    (transcript,) = folder.glob("transcript*.txt")
    for line in _lines(transcript):
        yield _named(folder / line.split("|")[0], "kss")


def _speech_commands(folder: Path) -> Iterable[CorpusFile]:
    """Two lists name what is held out; the rest is what lies in the folders of the words."""
    paths = {path for path in folder.glob("[a-z]*/*.wav")}  # not _background_noise_
    for name in ("validation_list.txt", "testing_list.txt"):
        paths |= {folder / line for line in _lines(folder / name)}
    return [_named(path, path.parent.name) for path in paths]


def _arctic(folder: Path) -> Iterable[CorpusFile]:
    """Each speaker's ``etc/txt.done.data`` has lines such as ( arctic_a0001 "Author of ..." )."""
    for place in sorted(folder.glob("cmu_us_*_arctic")):
        for line in _lines(place / "etc" / "txt.done.data"):
            yield _named(place / "wav" / f"{line.split()[1]}.wav", place.name.split("_")[2])


def _zeroth(folder: Path) -> Iterable[CorpusFile]:
    """``AUDIO_INFO`` names the speakers with script and part, ``*.trans.txt`` their sentences."""
    for line in _lines(folder / "AUDIO_INFO")[1:]:
        speaker, *_, script, part = line.split("|")
        place = folder / part.strip() / script / speaker
        transcript = place / f"{speaker}_{script}.trans.txt"
        names = [text.split()[0] for text in _lines(transcript)] if transcript.is_file() else ["*"]
        yield from (_named(place / f"{name}.flac", speaker) for name in names)


def _vocalset(folder: Path) -> Iterable[CorpusFile]:
    """The same recordings lie there three times: by singer, by technique and by vowel."""
    return _below(next(place for place in folder.glob("data_by_singer")))


LAYOUTS = {
    "nsynth": Layout("*/examples.json", _nsynth, "family"),
    "vctk": Layout("wav48_silence_trimmed", _vctk, n_groups=110),
    "ljspeech": Layout("metadata.csv", _ljspeech),
    "speech-commands": Layout("testing_list.txt", _speech_commands, "word", 35),
    "cmu-arctic": Layout("cmu_us_*_arctic", _arctic),
    "zeroth": Layout("AUDIO_INFO", _zeroth),
    "kss": Layout("transcript*.txt", _kss),
    "vocalset": Layout("data_by_singer", _vocalset, "singer", 20),
    "nus-48e": Layout("*/sing", _below, "subject", 12),
}
