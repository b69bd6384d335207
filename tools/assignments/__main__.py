"""``python -m tools.assignments``: write assignments and their key, mark what is handed in."""

import argparse
import sys
import time
from pathlib import Path

from tinyaudio.errors import UserError
from tools.assignments import AssignmentError, key, notebooks, otter, sandbox
from tools.assignments.mark import Stopped, earned, mark, write_feedback, write_table
from tools.assignments.running import Limits
from tools.assignments.tasks import chapters, tasks
from tools.book import LANGUAGES, ROOT, BookError

OUT = ROOT / "_build" / "assignments"


def main() -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.assignments", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("make", help="write student, instructor and graded notebooks")
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.add_argument("--out", type=folder, default=OUT, help="folder (default: _build/assignments)")
    one.add_argument(
        "--key", type=folder, help="with graded notebooks for Otter-Grader, from this key"
    )
    one.add_argument(
        "--otter", nargs="?", const="otter", help="run Otter, too; its program (default: otter)"
    )
    one.add_argument(
        "--language", nargs="+", choices=LANGUAGES, default=LANGUAGES, help="for Otter"
    )
    one.add_argument("--tag", default="", help="of the edition that Colab installs")
    one.set_defaults(run=make_command)
    one = commands.add_parser(
        "otter-check", help="let Otter mark the solved notebooks and the untouched ones"
    )
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.add_argument("--out", type=folder, default=OUT, help="folder that `make` wrote")
    one.add_argument("--otter", default="otter", help="its program (default: otter)")
    one.add_argument("--language", nargs="+", choices=LANGUAGES, default=LANGUAGES)
    one.set_defaults(run=otter_command)
    one = commands.add_parser(
        "key", help="compute the answers, into a folder outside the repository"
    )
    one.add_argument("folder", type=folder)
    one.add_argument("chapters", nargs="*", help="(default: all)")
    one.add_argument("--seed", type=int, help="(default: the folder's, or a new one)")
    one.set_defaults(run=key_command)
    one = commands.add_parser("mark", help="mark a folder of submissions")
    one.add_argument("folder", type=folder, help="of zips, notebooks, or folders of them")
    one.add_argument("--key", type=folder, required=True, help="the folder that `key` wrote")
    one.add_argument("--out", type=folder, default=Path("marks.csv"), help="(default: marks.csv)")
    one.add_argument(
        "--replace", action="store_true", help="the table and the feedback of an earlier marking"
    )
    one.add_argument("--chapters", nargs="*", help="that were set (default: all)")
    one.add_argument(
        "--seconds", type=float, default=Limits.seconds, help="a cell or exercise may take"
    )
    one.add_argument(
        "--language",
        choices=LANGUAGES,
        default="",
        help="of the feedback (default: each notebook's)",
    )
    one.add_argument(
        "--accept-missing-walls", action="store_true", help="see the instructors' page"
    )
    one.set_defaults(run=mark_command)
    options = parser.parse_args()
    try:
        options.run(options)
    except (AssignmentError, BookError, UserError) as error:
        print(f"tools.assignments: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # such as a folder that cannot be made
        print(f"tools.assignments: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def folder(text: str) -> Path:
    """A path; not every shell turns ``KEY=~/key`` into one."""
    return Path(text).expanduser()


def make_command(options: argparse.Namespace) -> None:
    """Write the notebooks of assignments."""
    if options.otter and not options.key:
        raise AssignmentError("--otter needs --key FOLDER, which holds the hidden tests' answers")
    if options.otter:
        otter.program(options.otter)  # is there, before anything is written
    failed = 0
    for chapter in chapters(options.chapters):
        out = options.out / chapter.name
        try:
            points = notebooks.write(out, chapter, options.key, options.tag)
            print(f"{chapter.name}: {len(tasks(chapter))} exercises, {points} points, {out}")
            for language in options.language if options.otter else ():
                print(f"  {otter.assign(options.otter, out, chapter, language)}", flush=True)
        except (AssignmentError, BookError) as error:  # the other chapters can be handed out
            print(error, file=sys.stderr)
            failed += 1
    if failed:
        raise AssignmentError(f"{failed} chapters were not written; see above")


def otter_command(options: argparse.Namespace) -> None:
    """Say what Otter's autograder gives: to the solved notebook all, to the untouched one nothing."""
    otter.program(options.otter)
    failed = 0
    for chapter in chapters(options.chapters):
        most = sum(task.points for task in tasks(chapter))
        for language in options.language:
            try:
                solved, untouched = otter.check(
                    options.otter, options.out / chapter.name, chapter, language
                )
                said = f"solved {solved:g}/{most}, untouched {untouched:g}/{most}"
                good = solved == most and untouched == 0
            except AssignmentError as error:
                said, good = str(error), False
            print(f"{'✔' if good else '✘'} {chapter.name} {language}: {said}", flush=True)
            failed += not good
    if failed:
        raise AssignmentError(f"Otter marks {failed} notebooks wrongly; see above")


def key_command(options: argparse.Namespace) -> None:
    """Compute the key."""
    seed = key.seed_of(options.folder, options.seed)
    for chapter in chapters(options.chapters):
        begin = time.monotonic()
        key.write(options.folder, chapter, seed)
        print(f"{chapter.name}: {time.monotonic() - begin:.1f} s")


def mark_command(options: argparse.Namespace) -> None:
    """Mark a folder.

    Ctrl-C ends it; what was marked then gets a table of its own beside the one that was asked for.
    """
    feedback = feedback_of(options.out)
    if not options.replace and (options.out.exists() or feedback.exists()):
        raise AssignmentError(
            f"{options.out}: was marked before, and may hold corrections; name another place with "
            "--out, or take --replace"
        )
    missing = sandbox.missing()
    if missing:
        print(f"not kept from submissions here: {'; '.join(missing)}", file=sys.stderr)
        if not options.accept_missing_walls:
            raise AssignmentError(
                "mark on Linux 6.2 or later, or in a virtual machine that may be thrown away with "
                "--accept-missing-walls"
            )
    found = chapters(options.chapters)
    out, stopped = options.out, False
    try:
        marked = mark(options.folder, options.key, found, Limits(seconds=options.seconds))
    except Stopped as stop:
        marked, stopped = stop.marked, True
        out = out.with_name(f"{out.stem}_partial{out.suffix}")
        feedback = feedback_of(out)
    write_table(out, marked, found)
    write_feedback(feedback, marked, found, options.language)
    right = sum(
        earned(one, chapter.name, task) > 0
        for one in marked
        for chapter in found
        for task in tasks(chapter)
    )
    print(f"{len(marked)} submissions, {right} right answers: {out}, {feedback}")
    if stopped:
        raise AssignmentError("stopped; the rest was not marked")


def feedback_of(table: Path) -> Path:
    """The folder of the feedback that belongs to a table."""
    return table.with_name(f"{table.stem}_feedback")


if __name__ == "__main__":
    sys.exit(main())
