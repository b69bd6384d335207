"""The board: lines are added, ranks counted, other files left alone."""

import pytest

from tests.command import exit_codes
from tinyaudio.errors import UserError
from tinyaudio.exercises.own.board import COLUMNS, Entry, add_entry, read_rows, require_board


def entry(yours, exercise="own-gan"):
    return Entry("2026-01-01 00:00", exercise, "한글, 이름.py", 10, 2.0, 5, "level_db", yours, 1.0)


def test_lines_are_added_and_ranked(tmp_path):
    path = tmp_path / "made" / "board.csv"
    assert add_entry(path, entry(3.0)) == (1, 1)
    assert add_entry(path, entry(2.0)) == (1, 2)
    assert add_entry(path, entry(9.0, "own-critic")) == (1, 1)
    assert add_entry(path, entry(4.0)) == (3, 3)
    assert [row["yours"] for row in read_rows(path)] == ["3.0", "2.0", "9.0", "4.0"]
    assert read_rows(path)[0]["file"] == "한글, 이름.py"


@pytest.mark.parametrize(
    "content", [b"", b"a,b\n1,2\n", ",".join(COLUMNS).encode() + b"\n1,2\n", b"\xff\xfe\x00"]
)
def test_another_file_is_left_alone(tmp_path, content):
    path = tmp_path / "notes.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"is no board of this command; name another by --board"):
        add_entry(path, entry(1.0))
    assert path.read_bytes() == content


def test_what_is_not_a_number_is_last(tmp_path):
    path, nan = tmp_path / "board.csv", float("nan")
    assert [add_entry(path, entry(yours)) for yours in (nan, 2.0, nan, 9.0)] == [
        (1, 1),
        (1, 2),
        (2, 3),
        (2, 4),
    ]


def test_a_board_that_excel_saved_is_read(tmp_path):
    path = tmp_path / "board.csv"
    add_entry(path, entry(3.0))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert add_entry(path, entry(2.0)) == (1, 2)


def test_two_processes_lose_no_line(tmp_path):
    path = tmp_path / "board.csv"

    def add(rank):
        for i in range(20):
            add_entry(path, entry(float(i)))

    assert exit_codes(add, tmp_path) == [0, 0]
    assert len(read_rows(path)) == 40


def test_a_place_without_room_for_a_board_is_refused_before(tmp_path):
    require_board(tmp_path / "board.csv")
    assert not (tmp_path / "board.csv").exists()
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "board.csv"):
        with pytest.raises(UserError, match="name another by --board"):
            require_board(place)
