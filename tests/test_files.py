import errno
import json
import shutil
import threading

import pytest

from hyperface import locks
from hyperface.errors import CheckpointError, DatasetError, InputError, RunError
from hyperface.files import (
    atomic_folder,
    atomic_path,
    check_room,
    disk_error,
    json_bytes,
    read_object,
    sweep,
    write_atomic,
)


def test_a_reader_never_sees_half_a_file(tmp_path):
    path = tmp_path / "status.json"
    contents = [json.dumps({"value": letter * 50_000}).encode() for letter in "ab"]
    write_atomic(path, contents[0])
    stop = threading.Event()

    def write():
        turn = 0
        while not stop.is_set():
            write_atomic(path, contents[turn % 2])
            turn += 1

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = {path.read_bytes() for _ in range(300)}
    finally:
        stop.set()
        writer.join()
    assert seen <= set(contents)
    assert [entry.name for entry in tmp_path.iterdir()] == ["status.json"]


def test_a_failed_write_leaves_the_old_file_and_no_litter(tmp_path):
    path = tmp_path / "results.json"
    path.write_text("old")

    def break_off():
        with atomic_path(path) as temporary:
            temporary.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_told(tmp_path):
    with pytest.raises(RunError, match="cannot be written: No such file"):
        write_atomic(tmp_path / "missing" / "file", b"")
    assert str(disk_error(tmp_path, OSError(errno.ENOSPC, "No space left"))).startswith("The disk is full")
    with pytest.raises(DatasetError, match="cannot be written"):
        write_atomic(tmp_path / "missing" / "file", b"", error=DatasetError)
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "missing" / "file", error=None) as temporary:
        temporary.write_text("")


def test_a_folder_appears_whole_or_not_at_all(tmp_path):
    def make(count, *, fail):
        with atomic_path(tmp_path / "set") as temporary:
            temporary.mkdir()
            for number in range(count):
                (temporary / f"{number}.jpg").write_text("")
            assert not (tmp_path / "set").exists()
            if fail:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        make(2, fail=True)
    assert list(tmp_path.iterdir()) == []
    make(3, fail=False)
    assert len(list((tmp_path / "set").iterdir())) == 3


def test_what_a_kill_leaves_behind_is_taken_for_nothing(tmp_path):
    with atomic_path(tmp_path / "000.jpg") as temporary:
        assert temporary.name.startswith(".")
        assert temporary.suffix == ".partial"
        temporary.write_text("")


def test_json_has_no_word_for_everything():
    assert json.loads(json_bytes({"a": [1.5, None]})) == {"a": [1.5, None]}
    with pytest.raises(ValueError, match="JSON"):
        json_bytes({"a": float("inf")})


def test_room_is_asked_for_before_the_work(monkeypatch, tmp_path):
    monkeypatch.setattr("shutil.disk_usage", lambda folder: shutil._ntuple_diskusage(10**9, 0, 7_000_000))
    check_room(tmp_path, 7_000_000, "It needs", "go", error=DatasetError)
    with pytest.raises(DatasetError, match=r"It needs about 8 MB and .* has 7 MB left. Free some space, or go\."):
        check_room(tmp_path, 8_000_000, "It needs", "go", error=DatasetError)


def test_an_object_is_read_or_it_is_said_what_is_wrong(tmp_path):
    path = tmp_path / "config.json"
    with pytest.raises(CheckpointError, match="cannot be read as JSON"):
        read_object(path)
    path.write_text('{"color": "BGR"}')
    assert read_object(path) == {"color": "BGR"}
    path.write_text("[1]")
    with pytest.raises(InputError, match="must hold an object of JSON; it holds list"):
        read_object(path, error=InputError)
    path.write_bytes(b"\xff{")
    with pytest.raises(InputError, match="cannot be read as JSON"):
        read_object(path, error=InputError)


def test_what_a_kill_left_is_swept_away_and_what_is_being_written_is_not(tmp_path):
    left = [tmp_path / name for name in (".000.jpg-0123abcd.partial", ".set-89abcdef.partial")]
    left[0].write_text("half")
    left[1].mkdir()
    (left[1] / "000.jpg").write_text("")
    theirs = [tmp_path / name for name in (".out.npz.partial.npz", "000.partial", ".000.jpg-0123abcd.partial.txt")]
    for path in theirs:
        path.write_text("")
    with locks.held(left[0]), atomic_folder(tmp_path / "set") as temporary:
        assert not left[1].exists()  # of an earlier attempt at the same folder
        sweep(tmp_path)
        assert temporary.is_dir()
        assert left[0].exists()
    sweep(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted([*theirs, tmp_path / "set"])
    sweep(tmp_path / "missing")


def test_files_are_written_while_others_sweep(tmp_path):
    stop = threading.Event()

    def sweep_on():
        while not stop.is_set():
            sweep(tmp_path)

    sweeping = threading.Thread(target=sweep_on)
    sweeping.start()
    try:
        for number in range(100):
            write_atomic(tmp_path / "file", str(number).encode(), sync=False)
            assert (tmp_path / "file").read_bytes() == str(number).encode()
    finally:
        stop.set()
        sweeping.join()
