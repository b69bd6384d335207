"""``tinyaudio data list | download | arrange``: the public corpora."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tinyaudio.data.corpora import CORPORA, find_corpus
from tinyaudio.data.corpus import Corpus
from tinyaudio.data.corpus_folders import arrange, corpus_files
from tinyaudio.data.download import download

NAMES = [corpus.name for corpus in CORPORA]


def add_corpora(kinds: Any) -> None:
    """The three commands."""
    listed = kinds.add_parser(
        "list", help="list the public corpora", description="List the public corpora."
    )
    listed.set_defaults(run=list_command)
    add_download(kinds)
    arranged = kinds.add_parser(
        "arrange",
        help="make of a corpus a folder of recordings for each speaker",
        description="Make of a corpus, as it unpacks, a folder with a folder of recordings for each speaker"
        " (family of instruments, word), as --data of every recipe reads it. The recordings are linked, which"
        " takes no space.",
    )
    arranged.add_argument("name", choices=NAMES, metavar="NAME", help="see: tinyaudio data list")
    arranged.add_argument("folder", type=Path, metavar="FOLDER", help="the corpus")
    arranged.add_argument("out", type=Path, metavar="OUT", help="folder to make")
    arranged.add_argument(
        "--partial", action="store_true", help="take what is there, even if recordings are missing"
    )
    arranged.set_defaults(run=arrange_command)


def add_download(kinds: Any) -> None:
    """``tinyaudio data download``."""
    fetched = kinds.add_parser(
        "download",
        help="download, verify and unpack a public corpus",
        description="Download, verify and unpack a public corpus. What was interrupted goes on where it was;"
        " nothing is written outside the folder.",
    )
    fetched.add_argument("name", choices=NAMES, metavar="NAME", help="see: tinyaudio data list")
    fetched.add_argument("folder", type=Path, metavar="FOLDER", help="folder to put it into")
    fetched.add_argument(
        "--parts", nargs="+", default=[], metavar="PART", help="some of its parts (default: all)"
    )
    fetched.add_argument(
        "--accept-licence", action="store_true", help="accept the licence, which is asked otherwise"
    )
    fetched.add_argument(
        "--mirror",
        action="append",
        default=[],
        metavar="URL",
        help="address of a folder that has the archives, to try first",
    )
    fetched.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="HOST",
        help="host to which addresses may redirect",
    )
    fetched.set_defaults(run=download_command)


def list_command(options: argparse.Namespace) -> None:
    """Say what there is."""
    for corpus in CORPORA:
        parts = [archive.part for archive in corpus.archives]
        size = sum(archive.size_bytes or 0 for archive in corpus.archives) / 1e9
        print(f"{corpus.name}: {corpus.content}")
        print(f"    licence: {corpus.licence}")
        if len(parts) > 1:
            print(f"    parts: {' '.join(parts)}")
        if size:
            print(f"    to download: {size:.1f} GB{' or more' if len(parts) > 1 else ''}")
        print(f"    {corpus.home}")


def download_command(options: argparse.Namespace) -> None:
    """Show the licence, ask, and fetch."""
    corpus = find_corpus(options.name)
    print(f"{corpus.name}: {corpus.content}\n    licence: {corpus.licence}")
    print(f"    to cite: {corpus.citation}\n    {corpus.home}", flush=True)
    folders = download(
        corpus,
        options.folder,
        accept_licence=options.accept_licence or asked(corpus),
        parts=options.parts,
        mirrors=options.mirror,
        hosts=options.allow_host,
    )
    for folder in folders:
        print(f"unpacked: {folder}")
    print(f"next: tinyaudio data arrange {corpus.name} {options.folder} OUT")


def asked(corpus: Corpus) -> bool:
    """Whether the licence is accepted by who sits there; False where nobody does."""
    if not corpus.archives or not sys.stdin or not sys.stdin.isatty():
        return False
    return input("Do you accept this licence? [y/N] ").strip().lower() in ("y", "yes")


def arrange_command(options: argparse.Namespace) -> None:
    """Link the recordings."""
    files = corpus_files(options.name, options.folder, partial=options.partial)
    n = arrange(files, options.out)
    groups = sorted({one.group for one in files})
    print(f"{n} recordings in {len(groups)} folders in {options.out}: {', '.join(groups[:5])}")
