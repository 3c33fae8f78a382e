"""Every verb that takes its time, killed (kill -9) at any moment and continued, as if it never was.

HYPERFACE_KILLS=100 python -m pytest tests/test_killed.py does at length what runs briefly in the suite;
HYPERFACE_KILL_SEED=1 beside it takes other moments, HYPERFACE_KILL_VERBS=pack,train these verbs alone.
"""

import errno
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from hyperface import runs
from hyperface.cli import EXIT_USER_ERROR
from hyperface.datasets import open as open_dataset

sys.path.insert(0, str(Path(__file__).parent))
from faulty_calls import Calls, Fault, Outcome

KILLS = int(os.environ.get("HYPERFACE_KILLS", "0"))
SEED = int(os.environ.get("HYPERFACE_KILL_SEED", "0"))
ONLY = os.environ.get("HYPERFACE_KILL_VERBS", "")
# What differs from call to call: how long it took, and when it was.
TIMES = {"created", "updated", "seconds", "images_per_second", "seconds_a_step", "seconds_left", "pid"}
TIMES |= {"process_started"}
APART = {"status.json", "report.html"}  # compared by what they say, or full of times
APART |= {"frames.bin", "paths.bin", "picture.json"}  # of the live picture, whose frames come as it finds the time

# Python's own words of semaphores that a call, which ends here without cleaning up, had shared with its processes.
LEAKED = re.compile(r"resource_tracker")


@dataclass(frozen=True)
class Inputs:
    """packing: a run. images: a folder of labelled pictures. photos: aligned ones. benchmark: a pack of pairs."""

    packing: Path
    images: Path
    photos: Path
    benchmark: Path


Words = Callable[[Inputs, Path], list[object]]
TRAINING = ["--epochs", 2, "--batch-size", 4, "--input-size", 32]
# The command, given its inputs and the folder that it works in; runs are made at `out / "run"`.
VERBS: dict[str, Words] = {
    "pack": lambda given, out: ["pack", "--identities", 20, "--steps", 12, "--frames", 0, "--run", out / "run"],
    "generate": lambda given, out: [
        *("generate", "--from", given.packing, "--images-per-identity", 3, "--batch-size", 4, "--also", "recordio"),
        *("--correct", 1, "--run", out / "run"),
    ],
    "train": lambda given, out: ["train", "--dataset", given.images, *TRAINING, "--run", out / "run"],
    "separate": lambda given, out: ["separate", "--from", given.packing, "--rounds", 2, "--run", out / "run"],
    "study": lambda given, out: [
        *("study", "--gallery", "gan-10k", "--draws", 1, "--identities", 4, "--images-per-identity", 3, "--span", 8),
        *("--epochs", 1, "--batch-size", 4, "--input-size", 32, "--pairs", 0, "--benchmarks", given.benchmark),
        *("--run", out / "run"),
    ],
    "embed": lambda given, out: [
        "embed", given.photos, "--output", out / "faces.npz", "--aligned", "yes", "--crops", out / "crops",
        "--workers", 1,
    ],
    "convert": lambda given, out: ["dataset", given.images, "--to", "webdataset", "--output", out / "set"],
    "fuse": lambda given, out: [
        *("dataset", given.images, "--fuse", given.benchmark.with_name("others"), "--to", "folder"),
        *("--output", out / "set"),
    ],
}  # fmt: skip
BRIEFLY = ("pack", "convert")  # in the suite, the one killed, the other refused; all with HYPERFACE_KILLS
if KILLS:  # and ways through the verbs that take longer
    VERBS |= {
        "pack with a picture": lambda given, out: [
            *("pack", "--identities", 30, "--steps", 60, "--frames", 6, "--run", out / "run"),
        ],
        "train A against B": lambda given, out: [
            *("train", "--dataset", given.images, "--against", given.benchmark.with_name("others"), *TRAINING),
            *("--run", out / "run"),
        ],
        "gallery": lambda given, out: [
            *("gallery", "--generator", "dcgan", "--recognizer", "dlib", "--count", 8, "--run", out / "run"),
        ],
        "evaluate": lambda given, out: [
            *("evaluate", "--model", "dlib", "--benchmark", given.benchmark, "--run", out / "run"),
        ],
        "convert to recordio": lambda given, out: [
            "dataset", given.images, "--to", "recordio", "--output", out / "set"],
        "convert to lmdb": lambda given, out: ["dataset", given.images, "--to", "lmdb", "--output", out / "set"],
        "convert to parquet": lambda given, out: ["dataset", given.images, "--to", "parquet", "--output", out / "set"],
    }  # fmt: skip
ASKED = [verb for verb in VERBS if (verb in ONLY.split(",") if ONLY else KILLS or verb in BRIEFLY)]
BRIEF = not (KILLS or ONLY)


@pytest.fixture(scope="module")
def calls():
    asked = Calls()
    yield asked
    asked.close()


@pytest.fixture(scope="module")
def inputs(calls, tmp_path_factory):
    folder = tmp_path_factory.mktemp("inputs")
    rng = np.random.default_rng(0)
    for name, counts in (("images", (4, 3, 4, 3, 4, 3)), ("others", (3, 3, 3))):
        for identity, count in enumerate(counts):
            (folder / name / f"{name}{identity}").mkdir(parents=True)
            for image in range(count):
                pixels = rng.integers(0, 256, (112, 112, 3), dtype=np.uint8)
                Image.fromarray(pixels).save(folder / name / f"{name}{identity}" / f"{image}.jpg")
    (folder / "photos").mkdir()
    for number in range(36):
        Image.fromarray(rng.integers(0, 256, (112, 112, 3), dtype=np.uint8)).save(folder / "photos" / f"{number}.png")
    if set(ASKED) - set(BRIEFLY):
        from hyperface.evaluation import Benchmark, save_benchmark

        pairs = rng.integers(0, 256, (40, 112, 112, 3), np.uint8)
        save_benchmark(Benchmark("noise", "Noise", pairs, np.arange(20) % 2 == 0), folder / "noise.bin")
        packing = ["--identities", 5, "--steps", 3, "--frames", 0, "--gallery", "gan-10k"]
        done = calls.ask(["pack", *packing, "--run", folder / "packing"], folder)
        assert done.status == 0, done.said
    return Inputs(folder / "packing", folder / "images", folder / "photos", folder / "noise.bin")


def content(folder: Path) -> dict[str, Any]:
    """All files of a folder, by their paths: bytes, and of JSON what it says but for times."""
    return {
        path.relative_to(folder).as_posix(): _content(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in APART and not (path.name == "metrics.jsonl" and _is_drawn(path.parent))
    }


def _is_drawn(run: Path) -> bool:
    """Whether a run's rows say how far it was, step by step, and not what came of the steps: each try has its own."""
    return runs.open_run(run).verb == "generate"


def _content(path: Path) -> Any:
    if path.suffix == ".safetensors":  # its header has the metadata in any order
        with safe_open(path, framework="np") as file:
            return file.metadata(), {name: file.get_tensor(name).tobytes() for name in sorted(file.keys())}
    if path.suffix in (".json", ".jsonl"):
        return [_timeless(json.loads(line)) for line in _documents(path)]
    return path.read_bytes()


def _documents(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    return text.splitlines() if path.suffix == ".jsonl" else [text]


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if not TIMES & {key, key.split("/")[-1]}}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def again(words: list[object], out: Path) -> list[object]:
    """What continues a call: --resume, or, where there is no run yet or never is one, the same call."""
    run = out / "run"
    return [words[0], "--resume", run] if "--run" in words and runs.is_run(run) else words


def check_honest(out: Path) -> None:
    """What can be said of a folder whose work was killed: what is there is whole, and a run says it was interrupted."""
    for run in runs.list_runs([out]):
        assert run.status().state in (runs.INTERRUPTED, runs.STOPPED, runs.DONE, runs.STARTING, runs.FAILED)
        assert run.status().state != runs.STARTING or not (run.path / "status.json").exists()
    assert runs.damaged_runs([out]) == []
    if (out / "set").exists():
        assert len(open_dataset(out / "set"))


def faults(count: int, writes: int, seconds: float, name: str) -> list[Fault]:
    """When a call is killed: half of the times as it writes, half by the clock; saving always, or as in real work."""
    chance = random.Random(f"{SEED} {name}")
    chosen = []
    for number in range(count):
        save = chance.choice((0.0, 0.0, 15.0))
        if number % 2 == 0:
            chosen.append(Fault(write=chance.randint(1, writes), save_seconds=save))
        else:
            chosen.append(Fault(seconds=chance.uniform(0.02, 1.0) * seconds, save_seconds=save))
    return chosen


def refusals(count: int, writes: int, name: str) -> list[Fault]:
    """When a disk begins to refuse what a call writes, being full or read-only; and when a single write fails."""
    chance = random.Random(f"{SEED} {name} refused")
    kinds = [(errno.ENOSPC, True), (errno.EROFS, True), (errno.ENOSPC, False), (errno.EIO, False)]
    return [
        Fault(write=chance.randint(1, writes), refused=kinds[number % 4][0], lasting=kinds[number % 4][1])
        for number in range(count)
    ]


@pytest.fixture(scope="module")
def whole(calls, inputs, tmp_path_factory):
    """What a verb comes to undisturbed: its folder, its words, how it went, and the content. Made once for each."""
    made: dict[str, tuple[Path, list[object], Outcome, dict[str, Any]]] = {}

    def of(verb: str) -> tuple[Path, list[object], Outcome, dict[str, Any]]:
        if verb not in made:
            out = tmp_path_factory.mktemp("verb") / "out"  # all at one path, which some files hold
            out.mkdir()
            words = VERBS[verb](inputs, out)
            done = calls.ask(words, out)
            assert done.status == 0, done.said
            made[verb] = out, words, done, content(out)
        return made[verb]

    return of


def check_continued(calls: Calls, words: list[object], out: Path, wanted: dict[str, Any], what: str) -> None:
    """The call goes on, and its folder ends as if nothing had been. A set that is there is whole, and stays."""
    if (out / "set").exists():
        assert content(out / "set") == {name.removeprefix("set/"): told for name, told in wanted.items()}, what
        return
    resumed = calls.ask(again(words, out), out)
    assert resumed.status == 0, f"{what}: {resumed.said}"
    found = content(out)
    different = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    assert different == [], what
    for run in runs.list_runs([out]):
        assert run.status().state == runs.DONE, what


def emptied(out: Path) -> None:
    shutil.rmtree(out)
    out.mkdir()


def check_told(refused: Outcome, what: str) -> None:
    """A call whose writes were refused went through all the same, or says why in one sentence."""
    assert "Traceback" not in refused.said, f"{what}: {refused.said}"
    if refused.status != 0:
        assert refused.status == EXIT_USER_ERROR, f"{what}: {refused.said}"
        said = [line for line in refused.said.splitlines() if not LEAKED.search(line)]
        assert said[-1].startswith("error: "), f"{what}: {refused.said}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("verb", BRIEFLY[:1] if BRIEF else ASKED)
def test_a_killed_verb_continues_as_if_it_never_was(verb, calls, whole):
    out, words, done, wanted = whole(verb)
    for number, fault in enumerate(faults(-(-KILLS // len(ASKED)) or 1, done.writes, done.seconds, verb)):
        emptied(out)
        killed = calls.ask(words, out, fault)
        what = f"kill {number} of {verb}, {fault}, then at write {killed.writes} of {done.writes}"
        assert killed.status in (-9, 0), f"{what}: {killed.said}"
        check_honest(out)
        check_continued(calls, words, out, wanted, what)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("verb", BRIEFLY[1:] if BRIEF else ASKED)
def test_a_disk_that_refuses_is_told_in_a_sentence_and_the_verb_continues(verb, calls, whole):
    out, words, done, wanted = whole(verb)
    for number, fault in enumerate(refusals(-(-KILLS // len(ASKED)) or 1, done.writes, verb)):
        emptied(out)
        refused = calls.ask(words, out, fault)
        what = f"refusal {number} of {verb}, {fault}"
        check_told(refused, what)
        check_honest(out)
        check_continued(calls, words, out, wanted, what)


@pytest.fixture
def disk(tmp_path):
    """A small disk of its own: `disk("size=1m")` changes it. Only where this process may mount one."""

    def mount(options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(tmp_path / "out")]
        return subprocess.run(command, capture_output=True).returncode == 0

    (tmp_path / "out").mkdir()
    if not KILLS or shutil.which("mount") is None or not mount("size=100m"):
        pytest.skip("with HYPERFACE_KILLS, where a disk can be mounted")
    yield lambda options: mount(f"remount,{options}")
    subprocess.run(["umount", "--lazy", str(tmp_path / "out")], check=True)


@pytest.mark.parametrize("verb", [] if BRIEF else ASKED)
def test_a_disk_that_is_full_or_read_only(verb, calls, inputs, disk, tmp_path):
    out = tmp_path / "out"
    words = VERBS[verb](inputs, out)
    assert calls.ask(words, out).status == 0
    wanted, size = content(out), sum(path.stat().st_blocks * 512 for path in out.rglob("*"))
    for options in ("ro", *(f"size={int(size * share) // 4096 * 4096 + 4096}" for share in (0.1, 0.4, 0.7, 0.95))):
        for path in out.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert disk(options)
        refused = calls.ask(words, out)
        assert disk("rw,size=100m")
        check_told(refused, options)
        check_honest(out)
        check_continued(calls, words, out, wanted, options)
