"""Runs written into a file and restored from it, and what is refused of files that strangers made."""

import io
import json
import stat
import struct
import warnings
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest

from hyperface import runs
from hyperface.errors import HyperFaceError, InputError, RunError
from hyperface.jobs.archive import Bounds, archived, checked, restore, write_archive
from hyperface.jobs.archive.kinds import kind_of
from hyperface.jobs.registry import JOBS
from hyperface.studies.figure import Row, difference_figure
from hyperface.studies.summary import Estimate

NAME = "pack-20260101-000000-x"
CONFIG = {
    "format": 1, "verb": "pack", "title": "Eight people", "created": "2026-01-01T00:00:00+00:00",
    "options": {"identities": 8, "gallery": "heads-10k"}, "parents": [],
}  # fmt: skip
DONE = {"state": "done", "progress": 1.0}
SMALL = Bounds(bytes=2_000_000, files=50)


def zipped(files, *, name=NAME, packed=zipfile.ZIP_STORED) -> bytes:
    """An archive of these files, (name or ZipInfo, content) each."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", packed) as archive:
        warnings.simplefilter("ignore")  # one name twice
        for each, content in files:
            entry = each if isinstance(each, zipfile.ZipInfo) else f"{name}/{each}" if name else each
            archive.writestr(entry, content)
    return file.getvalue()


def run_files(config=None, status=DONE, **more):
    """Those of a small run; config: what is different in it."""
    told = {**CONFIG, **(config or {})}
    return [("config.json", json.dumps(told)), ("status.json", json.dumps(status)), *more.items()]


def array(values=(1.0, 0.0)) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([values], np.float32))
    return file.getvalue()


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def bring(tmp_path, folder):
    """`bring(content)` restores an archive of these bytes among the runs of `folder`."""

    def bring_it(content, bounds=SMALL, **how):
        file = tmp_path / "brought.zip"
        file.write_bytes(content)
        return restore(file, folder, bounds=bounds, known=lambda: runs.list_runs([folder]), **how)

    return bring_it


@pytest.fixture
def story(folder):
    """A packing, and an evaluation that names it, a model elsewhere and a benchmark, by their places."""
    packing = runs.create("pack", {"identities": 8}, title="Eight people", path=folder / "pack-a")
    with runs.Worker(packing).working() as worker:
        worker.log({"step": 1, "note": f"read {folder}/pack-a/x.npy"})
        np.save(packing.path / "embeddings.npy", np.eye(8, dtype=np.float32))
        for name in ("owner", "log.txt", "launched", "stop", ".hidden.json", "notes.txt"):
            (packing.path / name).write_text("secret")
        (packing.path / "tensorboard").mkdir()
        (packing.path / "tensorboard" / "events.json").write_text("{}")
        (packing.path / "link.json").symlink_to(packing.path / "owner")
    options = {"models": [str(packing.path), "ir_50:/data/weights.ckpt"], "benchmarks": ["lfw:/data/lfw"]}
    test = runs.create("evaluate", options, title="A test", parents=["pack-a"], path=folder / "evaluate-a")
    with runs.Worker(test).working() as worker:
        worker.write_results({"evaluations": [{"model": str(packing.path), "scores": "scores/0.npz"}]})
    return packing, test


def test_a_run_comes_back_as_it_was(story, folder, tmp_path, bring):
    packing, _ = story
    before = {path.name: path.read_bytes() for path in packing.path.iterdir() if path.is_file()}
    content = b"".join(archived(packing))
    runs.delete(packing)
    back = bring(content)
    assert (back.name, back.title, back.options) == (packing.name, packing.title, packing.options)
    assert back.status().state == "done"
    assert (back.path / "embeddings.npy").read_bytes() == before["embeddings.npy"]
    assert back.metrics() == [{"step": 1, "note": "read pack-a/x.npy"}]
    assert [each.name for each in folder.iterdir() if each.name.startswith(".")] == []


def test_an_archive_is_the_same_each_time_and_holds_no_more_than_the_run(story, folder, tmp_path):
    first, second = (b"".join(archived(run)) for run in (story[0], story[0]))
    assert first == second
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert names == [f"pack-a/{name}" for name in ("config.json", "embeddings.npy", "metrics.jsonl", "status.json")]
    assert b"secret" not in first
    for run in story:
        assert str(tmp_path).encode() not in b"".join(archived(run))


def test_runs_name_each_other_again_in_whatever_order_they_come(story, folder, bring):
    contents = [b"".join(archived(run)) for run in story]
    for run in story:
        runs.delete(run)
    test = bring(contents[1], keep_name=False)
    assert test.options["models"] == ["run:pack-a", "elsewhere:ir_50_elsewhere_weights_ckpt"]
    assert test.options["benchmarks"] == ["elsewhere:lfw_elsewhere_lfw"]
    packing = bring(contents[0], keep_name=False)
    assert packing.name != "pack-a"
    test = runs.open_run(test.path)
    assert test.options["models"][0] == str(packing.path)
    assert test.results()["evaluations"][0]["model"] == str(packing.path)
    assert [run.name for run in runs.lineage(test, [folder])] == [packing.name, test.name]


def test_nothing_is_ever_replaced(story, bring):
    content = b"".join(archived(story[0]))
    before = (story[0].path / "config.json").read_bytes()
    names = {bring(content).name for _ in range(3)}
    assert len(names | {story[0].name}) == 4
    assert (story[0].path / "config.json").read_bytes() == before


def test_a_run_at_work_is_not_written(folder, tmp_path):
    run = runs.create("pack", {}, title="At work", path=folder / "x")
    with runs.Worker(run).working(), pytest.raises(RunError, match="still at work"):
        write_archive(run, tmp_path / "x.zip")
    write_archive(run, tmp_path / "x.zip")
    with pytest.raises(InputError, match="is there already"):
        write_archive(run, tmp_path / "x.zip")


def entry(name, mode=0, **what):
    made = zipfile.ZipInfo(name)
    made.external_attr = mode << 16
    for key, value in what.items():
        setattr(made, key, value)
    return made


def encrypted() -> bytes:
    content = bytearray(zipped(run_files()))
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.find(mark) + at] |= 1
    return bytes(content)


def overlapping() -> bytes:
    """Two entries of the table that share one file's bytes, as zip bombs have thousands of."""
    content = bytearray(zipped([*run_files(), ("start.npy", array())]))
    table = content.rfind(b"PK\1\2")
    twin = bytearray(content[table : content.rfind(b"PK\5\6")])
    twin = twin.replace(b"start.npy", b"other.npy")
    end = content.rfind(b"PK\5\6")
    ending = bytearray(content[end:])
    count, size = struct.unpack_from("<H", ending, 10)[0] + 1, struct.unpack_from("<L", ending, 12)[0] + len(twin)
    struct.pack_into("<HHL", ending, 8, count, count, size)
    return bytes(content[:end] + twin + ending)


def lying_table() -> bytes:
    """An end that says that the table of files is larger than the file."""
    content = bytearray(zipped(run_files()))
    struct.pack_into("<L", content, content.rfind(b"PK\5\6") + 12, 2**31)
    return bytes(content)


def bomb() -> bytes:
    """A file of 20 MB in some 20 kB, whose size the table tells as 10 bytes."""
    content = bytearray(zipped([*run_files(), ("frames.bin", bytes(2 * 10**7))], packed=zipfile.ZIP_DEFLATED))
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        struct.pack_into("<L", content, content.rfind(mark) + at, 10)
    return bytes(content)


def arrays_bomb() -> bytes:
    """Arrays whose table says that they unpack to half a gigabyte."""
    file = io.BytesIO()
    np.savez_compressed(file, same=np.zeros(10))
    content = bytearray(file.getvalue())
    struct.pack_into("<L", content, content.rfind(b"PK\1\2") + 24, 2**29)
    return bytes(content)


def pickled() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], object), allow_pickle=True)
    return file.getvalue()


HOSTILE = {
    "no zip": lambda: b"hello" * 100,
    "nothing": lambda: b"",
    "cut short": lambda: zipped(run_files())[:-40],
    "no run": lambda: zipped([("results.json", "{}")]),
    "empty": lambda: zipped([]),
    "two runs": lambda: zipped([*run_files(), (entry("other/config.json"), "{}")]),
    "absolute name": lambda: zipped([*run_files(), (entry("/etc/passwd"), "x")]),
    "name above": lambda: zipped([*run_files(), ("../../owned.json", "{}")]),
    "name above at once": lambda: zipped([(f"../{name}", content) for name, content in run_files()], name=""),
    "backslashes": lambda: zipped([*run_files(), (entry(f"{NAME}\\..\\x.json"), "{}")]),
    "drive": lambda: zipped([*run_files(), (entry("C:/x.json"), "{}")]),
    "hidden run": lambda: zipped(run_files(), name=".hidden"),
    "zero byte": lambda: zipped(run_files()).replace(b"status.json", b"status\0json"),
    "link": lambda: zipped([*run_files(), (entry(f"{NAME}/start.npy", stat.S_IFLNK | 0o777), "/etc/passwd")]),
    "pipe": lambda: zipped([*run_files(), (entry(f"{NAME}/start.npy", stat.S_IFIFO | 0o666), "")]),
    "twice": lambda: zipped([*run_files(), ("status.json", "{}")]),
    "unknown file": lambda: zipped([*run_files(), ("run.py", "print()")]),
    "owner": lambda: zipped([*run_files(), ("owner", "0" * 64)]),
    "waiting": lambda: zipped([*run_files(), ("waiting", "{}")]),
    "partner": lambda: zipped([*run_files(), ("partner", "another")]),
    "too many": lambda: zipped([*run_files(), *((f"dataset/0/{i}.jpg", b"\xff\xd8\xff") for i in range(60))]),
    "too large": lambda: zipped([*run_files(), ("frames.bin", bytes(3_000_000))], packed=zipfile.ZIP_DEFLATED),
    "bomb": bomb,
    "encrypted": encrypted,
    "packed otherwise": lambda: zipped(run_files(), packed=zipfile.ZIP_LZMA),
    "overlapping": overlapping,
    "lying table": lying_table,
    "torch's file": lambda: zipped([*run_files(), ("recognizer.safetensors", b"PK\3\4" + pickled())]),
    "pickled array": lambda: zipped([*run_files(), ("embeddings.npy", pickled())]),
    "lying array": lambda: zipped([*run_files(), ("embeddings.npy", array().replace(b"(1, 2)", b"(9, 9)"))]),
    "arrays that unpack": lambda: zipped([*run_files(), ("pairs.npz", arrays_bomb())]),
    "no picture": lambda: zipped([*run_files(), ("dataset/0/0.jpg", b"<script>")]),
    "no JSON": lambda: zipped([*run_files(), ("results.json", "[" * 100_000)]),
    "list for object": lambda: zipped([*run_files(), ("results.json", "[]")]),
    "not a number": lambda: zipped([*run_files(), ("metrics.jsonl", "1\n")]),
    "unknown verb": lambda: zipped(run_files({"verb": "rm"})),
    "newer format": lambda: zipped(run_files({"format": 2})),
    "unknown option": lambda: zipped(run_files({"options": {"command": "x"}})),
    "list for number": lambda: zipped(run_files({"options": {"identities": [1]}})),
    "truth for number": lambda: zipped(run_files({"options": {"steps": True}})),
    "endless number": lambda: zipped(run_files({"options": {"seed": 2**70}})),
    "no date": lambda: zipped(run_files({"created": "yesterday"})),
    "figure of another's run": lambda: zipped([*run_files(), ("results.json", '{"scores": "../hers/scores/0.npz"}')]),
    "figure of the machine": lambda: zipped([*run_files(), ("recognizer.json", '{"name": "/etc/passwd"}')]),
    "weights of the machine": lambda: zipped([*run_files(), ("recognizer.json", '{"name": "ir_50:/srv/x.pt"}')]),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_archive_is_refused_in_one_sentence_and_leaves_nothing(kind, bring, folder, tmp_path):
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(HyperFaceError) as caught:
        bring(HOSTILE[kind]())
    assert "\n" not in str(caught.value)
    assert "partial" not in str(caught.value)
    assert list(folder.iterdir()) == []
    assert {path.name for path in tmp_path.iterdir()} <= {*before, "brought.zip", "runs"}


def test_a_long_list_of_files_is_not_even_read(bring):
    """Its table is larger than the bound: zipfile would hold every line of it."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(3000):
            archive.writestr(f"{NAME}/dataset/0/{number}.jpg", b"")
    with pytest.raises(RunError, match="more files than are taken"):
        bring(file.getvalue(), bounds=Bounds(bytes=10**6, files=10))


def test_what_a_run_was_asked_for_names_no_file_here(bring):
    run = bring(zipped(run_files({
        "verb": "gallery", "title": "<b>Mine</b>\n\u202e", "parents": ["../hers", "pack-b", 7],
        "options": {"output": "app.py", "folder": "../photos", "generator": "heads", "device": "sh -c x",
                    "recognizer": "runs/hers/recognizer.safetensors", "name": "hf:one/two"},
    })))  # fmt: skip
    assert run.options["output"] is None
    assert run.options["device"] == "cpu"
    assert (run.options["generator"], run.options["name"]) == ("heads", "hf:one/two")
    for name in ("folder", "recognizer"):
        assert run.options[name].startswith("elsewhere:")
        assert "/" not in run.options[name]
    assert run.title == "<b>Mine</b>"
    assert run.parents == ("pack-b", "7")


def test_a_run_that_was_at_work_is_stopped_and_no_process_is_its(bring):
    run = bring(zipped(run_files(status={"state": "running", "progress": 1e400, "pid": 1, "message": ["x"]})))
    status = run.status()
    assert (status.state, status.progress, status.pid) == ("stopped", 0.0, None)


def test_where_strangers_are_only_finished_runs_are_taken(bring):
    with pytest.raises(RunError, match="only finished ones"):
        bring(zipped(run_files(status={"state": "stopped"})), bounds=Bounds(unfinished=False))
    assert bring(zipped(run_files()), bounds=Bounds(unfinished=False)).status().state == "done"


def test_who_adopts_it_is_asked_before_anybody_finds_it(bring, folder):
    def refuse(run):
        assert runs.list_runs([folder]) == []
        raise InputError("too large")

    with pytest.raises(InputError, match="too large"):
        bring(zipped(run_files()), adopt=refuse)
    assert list(folder.iterdir()) == []


FIGURE = difference_figure([Row("everyday <b>", Estimate(0.01, 0.02, 3), (0.0, 0.02))], label="A & B")
DRAWINGS = {
    "script": FIGURE.replace("</svg>", "<script>alert(1)</script></svg>"),
    "handler": FIGURE.replace("<path ", '<path onclick="x" ', 1),
    "address": FIGURE.replace('stroke="', 'stroke="url(http://x)', 1),
    "other look": FIGURE.replace("<style>", "<style>body{display:none}", 1),
    "marked": FIGURE.replace("</svg>", "<text><![CDATA[<img src=x>]]></text></svg>"),
    "outside": f"<p>{FIGURE}</p>",
    "in a style": FIGURE.replace("</style>", "<text></text></style>"),
    "foreign": FIGURE.replace("</svg>", "<foreignObject/></svg>"),
    "unclosed": FIGURE.removesuffix("</svg>"),
    "entity": '<!DOCTYPE svg [<!ENTITY a "b">]>' + FIGURE,
}


def test_a_studys_figure_is_kept(bring):
    run = bring(zipped([*run_files(), ("difference.svg", FIGURE)]))
    assert (run.path / "difference.svg").read_text() == FIGURE


@pytest.mark.parametrize("kind", DRAWINGS)
def test_a_figure_with_anything_else_in_it_is_left_out(kind, bring):
    assert DRAWINGS[kind] != FIGURE
    run = bring(zipped([*run_files(), ("difference.svg", DRAWINGS[kind]), ("report.html", "<script></script>")]))
    assert sorted(path.name for path in run.path.iterdir()) == ["config.json", "status.json"]


def test_every_verb_with_runs_can_be_restored():
    assert checked.OPTIONS.keys() == JOBS.keys()


def test_every_file_of_the_runs_that_ship_is_of_a_known_kind():
    from hyperface.assets import assets_folder

    demos = assets_folder() / "demo"
    for path in demos.rglob("*"):
        if path.is_file():
            assert kind_of("/".join(path.relative_to(demos).parts[1:])) is not None, path


def test_an_entrys_own_checksum_is_looked_at(bring):
    content = zipped([*run_files(), ("frames.bin", b"0123456789")])
    assert zlib.crc32(b"0123456789") != zlib.crc32(b"0123456780")
    with pytest.raises(RunError, match="damaged"):
        bring(content.replace(b"0123456789", b"0123456780"))
