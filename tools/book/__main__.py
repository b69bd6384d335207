"""``python -m tools.book``: make notebooks, check them, build the site."""

import argparse
import sys
import time
from pathlib import Path

from tools.book import LANGUAGES, ROOT, BookError, new, slides, student
from tools.book.address import set_address
from tools.book.check import problems, sources
from tools.book.edition import edition
from tools.book.pages import write_pages, written
from tools.book.run import execute, fill, make, outputs_hash, path_of, stored
from tools.book.site import BUILD, build
from tools.book.source import accept, read


def main() -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.book", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("make", help="write the notebooks; execute those whose code changed")
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.add_argument("--again", action="store_true", help="execute them whatever changed")
    one.set_defaults(run=make_command)
    one = commands.add_parser(
        "check", help="find stale translations, notebooks and outputs, and unsafe markup"
    )
    one.set_defaults(run=check_command)
    one = commands.add_parser(
        "verify", help="execute again, and compare every number, figure and sound"
    )
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.set_defaults(run=verify_command)
    one = commands.add_parser(
        "accept", help="mark the English text as a translation of the present Korean"
    )
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.set_defaults(run=accept_command)
    one = commands.add_parser("new", help="begin a chapter from the template")
    one.add_argument("name", metavar="NAME", help="of its files, such as sound_into_numbers")
    one.add_argument("--number", type=int, required=True)
    one.add_argument("--title-ko", required=True)
    one.add_argument("--title-en", required=True)
    one.set_defaults(run=new_command)
    one = commands.add_parser("student", help="write notebooks without solutions, for homework")
    one.add_argument("out", type=Path, metavar="OUT_FOLDER", help="new, empty, or written before")
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.set_defaults(run=student_command)
    one = commands.add_parser("slides", help="write slides into _build/slides, from the notebooks")
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.set_defaults(run=slides_command)
    one = commands.add_parser("pdf", help="print the built site into _build/tinyaudio-*.pdf")
    one.add_argument("languages", nargs="*", metavar="LANGUAGE", help="ko or en (default: both)")
    one.set_defaults(run=pdf_command)
    one = commands.add_parser("address", help="set the repository's address everywhere")
    one.add_argument("address", metavar="https://github.com/OWNER/NAME")
    one.set_defaults(run=address_command)
    one = commands.add_parser("cover", help="make what the first page plays, from the models")
    one.set_defaults(run=cover_command)
    one = commands.add_parser("site", help="build both editions into _build/html")
    one.set_defaults(run=site_command)
    options = parser.parse_args()
    try:
        return int(options.run(options) or 0)
    except BookError as error:
        print(error, file=sys.stderr)
        return 1


def make_command(options: argparse.Namespace) -> None:
    """Write notebooks."""
    for path in sources(options.chapters):
        start = time.monotonic()
        chapter = read(path)
        executed = make(chapter, again=options.again)
        size = path_of(chapter, "ko").stat().st_size
        how = f"executed in {time.monotonic() - start:.0f} s" if executed else "outputs still fit"
        print(f"{chapter.name}: {how}, {max(0.1, size / 1e6):.1f} MB")
    write_pages([read(path) for path in sources([])])


def check_command(options: argparse.Namespace) -> int:
    """Print every problem."""
    found = problems()
    print("\n".join(found) or "every chapter fits its source, its code and its translation")
    return bool(found)


def verify_command(options: argparse.Namespace) -> int:
    """Execute again and compare with what is stored."""
    changed = 0
    for path in sources(options.chapters):
        chapter = read(path)
        again = edition(chapter, "ko")
        fill(
            again,
            [cell.outputs for cell in execute(chapter).cells if cell.cell_type == "code"],
            "ko",
        )
        old = stored(chapter, "ko")
        same = old is not None and outputs_hash(old) == outputs_hash(again)
        print(f"{chapter.name}: {'every output as stored' if same else 'OUTPUTS CHANGED'}")
        changed += not same
    return changed


def accept_command(options: argparse.Namespace) -> None:
    """Mark the English blocks as translations of the present Korean."""
    appendices = {path.stem: path for path in written()}
    paths = [appendices[name] for name in options.chapters or appendices if name in appendices]
    chapters = [name for name in options.chapters if name not in appendices]
    if chapters or not options.chapters:
        paths += sources(chapters)
    for path in paths:
        print(f"{path.stem}: {accept(path)} translations accepted")


def new_command(options: argparse.Namespace) -> None:
    """Begin a chapter and print the next steps."""
    for path in new.begin(options.name, options.number, options.title_ko, options.title_en):
        print(path)
    print(new.NEXT.format(name=options.name))


def student_command(options: argparse.Namespace) -> None:
    """Write the student edition and print its contents."""
    report = student.write(options.out, sources(options.chapters))
    print("\n".join(report))
    print(f"the student edition: {options.out} (ko/ and en/, {len(report)} chapters)")


def slides_command(options: argparse.Namespace) -> None:
    """Write slides and print how many."""
    print("\n".join(slides.write(sources(options.chapters))))
    print(f"the slides: {BUILD / 'slides'}/ko and /en, a page a chapter, for any browser")


def pdf_command(options: argparse.Namespace) -> None:
    """Print editions and name the files."""
    from tools.book.pdf import write_pdf  # it needs a browser, which no other command does

    for language in options.languages or LANGUAGES:
        if language not in LANGUAGES:
            raise BookError(f"no edition {language!r}; there are {' and '.join(LANGUAGES)}")
        path = write_pdf(language)
        print(f"{path}: {path.stat().st_size / 1e6:.0f} MB")


def address_command(options: argparse.Namespace) -> None:
    """Set the address in the project's files and in the notebooks."""
    for path in set_address(options.address):
        print(path.relative_to(ROOT))
    for path in sources([]):
        make(read(path))


def cover_command(options: argparse.Namespace) -> None:
    """Make the first page's sounds and pictures, and print their files."""
    from tools.book.cover import make_cover  # it needs the models, which no other command does

    for path in make_cover():
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


def site_command(options: argparse.Namespace) -> None:
    """Build the site and print its address."""
    print(f"the book: {build()}  (make serve shows it in a browser)")


if __name__ == "__main__":
    sys.exit(main())
