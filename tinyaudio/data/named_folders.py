"""A folder of folders, each with recordings of one speaker, singer or domain, by which it is named.

Implements: `named_folders`.
See:        `tinyaudio.data.speaker_crops` and `tinyaudio.data.domain_crops`, which learn from them.
"""

from pathlib import Path

from tinyaudio.errors import DataError


def named_folders(folder: Path, one: str, task: str, examples: tuple[str, str]) -> tuple[str, ...]:
    """The names of the folders in a folder, in alphabetical order; hidden ones are left out.

    Args:
        folder: The user's.
        one: What each is of, such as "speaker", for the message.
        task: What needs two of them.
        examples: Two names.

    Raises:
        DataError: There are fewer than two, or the folder cannot be read.
    """
    try:
        names = sorted(p.name for p in folder.iterdir() if p.is_dir() and p.name[:1] != ".")
    except OSError as error:
        raise DataError(
            f"{folder}: {error.strerror}; give a folder with a folder a {one}"
        ) from None
    if len(names) < 2:
        first, second = (folder / name for name in examples)
        raise DataError(
            f"{folder}: {len(names)} folders; {task} needs two {one}s or more, each with a folder of"
            f" recordings, such as {first} and {second}"
        )
    return tuple(names)
