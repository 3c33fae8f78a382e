import pickle
import random

import lmdb
import msgpack
import pytest

from hyperface import datasets
from hyperface.datasets import records
from hyperface.errors import DatasetError, PhotoError


def write(path, entries: dict[bytes, bytes], keys: list[bytes] | None = None, *, folder: bool = False) -> None:
    """A store as Vec2Face's scripts write it."""
    listed = list(entries) if keys is None else keys
    environment = lmdb.open(str(path), subdir=folder, map_size=2**24)
    with environment.begin(write=True) as transaction:
        for key, value in entries.items():
            transaction.put(key, value)
        transaction.put(b"__keys__", msgpack.dumps(listed))
        transaction.put(b"__len__", msgpack.dumps(len(listed)))
        transaction.put(b"__classnum__", msgpack.dumps(4))
    environment.close()


def entries_of(everything) -> dict[bytes, bytes]:
    return {str(i).encode(): msgpack.dumps((content, label)) for i, (label, content) in enumerate(everything)}


@pytest.mark.parametrize("folder", [False, True])
def test_a_store_is_read_whatever_its_name(folder, everything, contents, tmp_path):
    (tmp_path / "set").mkdir()
    path = tmp_path / "set" / "anything"
    write(path, entries_of(everything), folder=folder)
    assert datasets.format_of(path) == "lmdb"
    assert contents(datasets.open(path)) == everything
    assert contents(datasets.open(tmp_path / "set")) == everything  # twice in one process


def test_training_sets_carry_features_which_are_not_looked_into(photos, contents, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "unpickled"), "w"))

    feature, landmarks = pickle.dumps(Bomb()), b"landmarks"
    values = [(photos[0][0], feature, 3), (photos[0][1], feature, 3, landmarks), (photos[1][0], feature, 8)]
    write(tmp_path / "a.lmdb", {str(i).encode(): msgpack.dumps(value) for i, value in enumerate(values)})
    assert contents(datasets.open(tmp_path)) == [(0, photos[0][0]), (0, photos[0][1]), (1, photos[1][0])]
    assert not (tmp_path / "unpickled").exists()


def test_old_msgpack_which_had_no_bytes(everything, contents, tmp_path):
    entries = {
        str(i).encode(): msgpack.packb((content, label), use_bin_type=False)
        for i, (label, content) in enumerate(everything)
    }
    write(tmp_path / "a.lmdb", entries)
    assert contents(datasets.open(tmp_path)) == everything


def test_broken_entries_are_named(everything, contents, tmp_path):
    entries = entries_of(everything)
    entries[b"1"] = b"\xc1 no msgpack"
    entries[b"2"] = msgpack.dumps("text")
    entries[b"3"] = msgpack.dumps((everything[3][1], "label"))
    entries[b"4"] = msgpack.dumps((everything[4][1], -4))
    entries[b"5"] = entries[b"5"][:50]
    write(tmp_path / "a.lmdb", entries, [*entries, b"missing"])
    dataset = datasets.open(tmp_path)
    assert [content for _, content in contents(dataset)] == [everything[i][1] for i in (0, 6, 7)]
    assert len(dataset.skipped) == 6
    for key, reason in zip(("1", "2", "3", "4", "5", "missing"), dataset.skipped.reasons, strict=True):
        assert f"entry {key} of a.lmdb" in reason


def test_images_that_cannot_be_decoded_are_named(tmp_path):
    write(tmp_path / "a.lmdb", {b"0": msgpack.dumps((b"no image", 0))})
    with pytest.raises(PhotoError, match="entry 0"):
        datasets.open(tmp_path)[0]


def test_a_truncated_store_is_refused_before_it_can_crash(everything, tmp_path):
    write(tmp_path / "a.lmdb", entries_of(everything))
    content = (tmp_path / "a.lmdb").read_bytes()
    for size in (24, 5000, 8192, 12288):
        (tmp_path / "b.lmdb").write_bytes(content[:size])
        with pytest.raises(DatasetError, match=r"incomplete|not a readable"):
            datasets.open(tmp_path / "b.lmdb")


def test_a_store_of_something_else(tmp_path):
    environment = lmdb.open(str(tmp_path / "a.lmdb"), subdir=False)
    with environment.begin(write=True) as transaction:
        transaction.put(b"0", b"value")
    environment.close()
    with pytest.raises(DatasetError, match="without a list of keys"):
        datasets.open(tmp_path)


def test_what_is_written_reads_as_vec2face_reads_it(everything, saved):
    """The calls of Vec2Face's own loader on its own reading of the file."""
    environment = lmdb.open(
        str(saved("lmdb") / "train.lmdb"), subdir=False, readonly=True, lock=False, readahead=False, meminit=False
    )
    with environment.begin(write=False) as transaction:
        length, keys, classes = (
            msgpack.loads(transaction.get(name)) for name in (b"__len__", b"__keys__", b"__classnum__")
        )
        assert (length, classes) == (8, 4)
        read = [msgpack.loads(transaction.get(key)) for key in keys]
    environment.close()
    assert [(label, image) for image, label in read] == everything


def test_a_store_grows_as_it_is_filled(monkeypatch, source, tmp_path, contents, everything):
    monkeypatch.setattr("hyperface.datasets.lmdb.FIRST_MAP_BYTES", 2**15)
    monkeypatch.setattr("hyperface.datasets.lmdb.TRANSACTION_IMAGES", 3)
    list(datasets.save(source, tmp_path / "out", format="lmdb"))
    assert contents(datasets.open(tmp_path / "out")) == everything


@pytest.mark.parametrize("package", ["lmdb", "msgpack"])
def test_without_the_package_it_says_what_to_install(package, everything, tmp_path, monkeypatch):
    write(tmp_path / "a.lmdb", entries_of(everything))
    original = records.importlib.import_module

    def missing(name):
        if name == package:
            raise ImportError(name)
        return original(name)

    monkeypatch.setattr(records.importlib, "import_module", missing)
    with pytest.raises(DatasetError, match=f"pip install {package}"):
        datasets.open(tmp_path)


def test_pages_that_point_anywhere_end_in_a_message(everything, tmp_path):
    """Each in a process of its own would be surer, and slower: a page that was followed out of the file would end this
    one."""
    write(
        tmp_path / "a.lmdb", {str(i).encode(): msgpack.dumps((everything[i % 8][1][:300], i // 4)) for i in range(200)}
    )
    content = (tmp_path / "a.lmdb").read_bytes()
    damage = random.Random(0)
    read = refused = 0
    for number in range(60):
        changed = bytearray(content)
        for _ in range(damage.choice([1, 3, 10])):
            changed[damage.randrange(len(content) // 4096) * 4096 + damage.randrange(200)] = damage.randrange(256)
        path = tmp_path / f"{number}.lmdb"  # a store of one path may be open already
        path.write_bytes(changed)
        try:
            read += len(datasets.open(path)) > 0
        except DatasetError:
            refused += 1
    assert read > 5
    assert refused > 5


@pytest.mark.parametrize(
    ("page", "at", "value", "reason"),
    [
        (0, 40, b"\x07\0\0\0", "first pages are damaged"),
        (2, 10, b"\x04\0", "not whole"),  # a kind of page that holds no keys
        (2, 12, b"\0\0", "not whole"),  # no keys at all
        (2, 16, b"\xff\xff", "not whole"),  # a key beyond the page
    ],
)
def test_damaged_pages_are_named(page, at, value, reason, everything, tmp_path):
    write(tmp_path / "a.lmdb", entries_of(everything))
    content = bytearray((tmp_path / "a.lmdb").read_bytes())
    roots = [int.from_bytes(content[start + 128 : start + 136], "little") for start in (0, 4096)]
    newest = max((0, 4096), key=lambda start: int.from_bytes(content[start + 144 : start + 152], "little"))
    start = (roots[newest // 4096] if page else 0) * 4096
    content[start + at : start + at + len(value)] = value
    (tmp_path / "b.lmdb").write_bytes(content)
    with pytest.raises(DatasetError, match=reason):
        datasets.open(tmp_path / "b.lmdb")
