"""The verbs as a user runs them: in processes of their own where signals matter, in this one where they do not."""

import functools
import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from hyperface import datasets, runs
from hyperface.cli import EXIT_USER_ERROR, main
from hyperface.commands import VERBS
from hyperface.jobs.pack import OBJECTIVES
from hyperface.projection.frames import read_frames


@pytest.fixture(autouse=True)
def _own_runs(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_RUNS", str(tmp_path / "runs"))


@pytest.fixture(scope="module")
def packing(tmp_path_factory):
    """A packing of 8 identities, with its picture."""
    path = tmp_path_factory.mktemp("packing") / "run"
    options = ["--identities", "8", "--span", "10", "--steps", "6", "--frames", "3"]
    assert main(["pack", *options, "--run", str(path)]) == 0
    return runs.open_run(path)


@pytest.fixture(scope="module")
def dataset(packing, tmp_path_factory):
    """8 identities × 4 images."""
    path = tmp_path_factory.mktemp("dataset") / "run"
    assert main(["generate", "--from", str(packing.path), "--images-per-identity", "4", "--run", str(path)]) == 0
    return runs.open_run(path)


def lines_of(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_help_is_there_for_every_verb_and_loads_nothing_heavy():
    code = (
        "import sys\nfrom hyperface.cli import main\n"
        f"for verb in {list(VERBS)!r}:\n"
        "    try: main([verb, '--help'])\n"
        "    except SystemExit as exit: assert exit.code == 0\n"
        "print([name for name in ('torch', 'numba', 'dlib', 'gradio', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().splitlines()[-1] == "[]"
    assert all(f"hyperface {verb}" in done.stdout for verb in VERBS)


def test_the_named_objectives_are_those_of_the_package():
    from hyperface.packing.objectives import OBJECTIVES as REGISTRY

    assert set(REGISTRY) == set(OBJECTIVES)


@pytest.mark.slow
def test_a_packing_has_everything_that_others_need(packing):
    embeddings = np.load(packing.file("embeddings.npy"))
    assert embeddings.shape == (8, 128)
    assert embeddings.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)

    cosines = embeddings.astype(np.float64) @ embeddings.T.astype(np.float64)
    np.fill_diagonal(cosines, -1)
    results = packing.results()
    assert results["max_cosine"] == pytest.approx(cosines.max(), abs=1e-6)
    assert results["min_angle"] == pytest.approx(np.degrees(np.arccos(cosines.max())), abs=1e-3)
    assert sorted(results["closest_pair"]) == sorted(np.unravel_index(cosines.argmax(), cosines.shape))
    assert results["min_angle"] <= results["bound_angle"] + 1e-6

    rows = packing.metrics()
    assert [row["step"] for row in rows] == list(range(7))
    assert rows[-1]["objective"] < rows[0]["objective"]
    assert rows[0]["bound_angle"] == results["bound_angle"]
    assert packing.status().state == runs.DONE

    frames = read_frames(packing.file("frames.bin"))
    assert list(frames["step"]) == [0, 2, 4, 6]
    np.testing.assert_allclose(np.linalg.norm(frames["points"] / 32767, axis=2), 1, atol=1e-3)
    np.testing.assert_allclose(frames["angles"][-1] / 100, np.degrees(np.arccos(cosines.max(axis=1))), atol=0.011)
    assert len(np.load(packing.file("start.npy"))) == 8
    assert -1 <= json.loads(packing.file("picture.json").read_text())["rank_correlation"] <= 1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_packing(packing, tmp_path):
    options = ["--identities", "8", "--span", "10", "--steps", "6", "--frames", "0"]
    for seed, same in ((0, True), (1, False)):
        path = tmp_path / str(seed)
        assert main(["pack", *options, "--seed", str(seed), "--run", str(path)]) == 0
        assert (np.load(path / "embeddings.npy") == np.load(packing.path / "embeddings.npy")).all() == same


def test_json_lines_and_a_finished_run_is_left_alone(packing, capsys):
    before = packing.file("metrics.jsonl").read_bytes()
    assert main(["pack", "--resume", str(packing.path), "--json"]) == 0
    (line,) = lines_of(capsys)
    assert line["event"] == "done"
    assert line["results"] == packing.results()
    assert packing.file("metrics.jsonl").read_bytes() == before


def test_every_json_line_of_a_packing_can_be_read(tmp_path, capsys):
    options = ["--identities", "3", "--steps", "2", "--frames", "0", "--start", "random", "--alpha", "0"]
    assert main(["pack", *options, "--run", str(tmp_path / "run"), "--json"]) == 0
    lines = lines_of(capsys)
    assert [line["event"] for line in lines] == ["stage", "step", "step", "step", "done"]
    assert [line["done"] for line in lines[1:4]] == [0, 1, 2]


LONG = ["--identities", "600", "--steps", "150", "--frames", "0"]


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    """A packing that nobody broke off."""
    path = tmp_path_factory.mktemp("unbroken") / "run"
    assert main(["pack", *LONG, "--run", str(path)]) == 0
    return runs.open_run(path)


@pytest.mark.slow
@pytest.mark.parametrize("kill", [signal.SIGINT, signal.SIGTERM])  # tests/test_killed.py has the other
def test_a_broken_off_packing_continues_as_if_it_never_was(unbroken, tmp_path, kill):
    broken = tmp_path / "broken"
    command = [sys.executable, "-m", "hyperface", "pack", *LONG, "--run", str(broken)]
    # a shell that runs the tests in the background has them ignore SIGINT, and their children with them
    heed = functools.partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    wait_for_lines(broken / "metrics.jsonl", 10)
    process.send_signal(kill)
    _, errors = process.communicate(timeout=300)
    run = runs.open_run(broken)
    assert process.returncode == 130
    assert "--resume" in errors
    assert run.status().state == runs.STOPPED
    assert 0 < run.results()["step"] < 150
    assert main(["pack", "--resume", str(broken)]) == 0
    assert (np.load(unbroken.path / "embeddings.npy") == np.load(broken / "embeddings.npy")).all()
    assert run.metrics() == unbroken.metrics()
    assert run.status().state == runs.DONE


def wait_for_lines(path, count: int, seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.is_file() and path.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"{path} did not get {count} lines")


def test_two_workers_do_not_share_a_run(tmp_path, capsys):
    run = runs.create("pack", {}, title="t", path=tmp_path / "run")
    code = "import sys, time; from hyperface import runs\nwith runs.Worker(runs.open_run(sys.argv[1])).working():"
    code += "\n print('up', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", code, str(run.path)], stdout=subprocess.PIPE, text=True) as other:
        try:
            other.stdout.readline()
            assert main(["pack", "--resume", str(run.path)]) == EXIT_USER_ERROR
            assert f"process {other.pid}" in capsys.readouterr().err
        finally:
            other.kill()


@pytest.mark.slow
def test_from_dataset_to_evaluation(packing, dataset, tmp_path, capsys):
    from hyperface import datasets, recognizers

    labeled = datasets.open(dataset.path / "dataset")
    assert (len(labeled), labeled.identities) == (32, 8)
    assert dataset.parents == (packing.name,)
    assert dataset.results()["images"] == 32

    model = tmp_path / "model"
    options = ["--epochs", "1", "--batch-size", "8", "--validation-share", "0.25"]
    assert main(["train", "--dataset", str(dataset.path), *options, "--run", str(model)]) == 0
    run = runs.open_run(model)
    assert recognizers.load(str(run.file("recognizer.safetensors"))).dimension > 0
    assert run.metrics()[-1]["step"] == 3
    assert run.results()["loss"] > 0

    pack = tiny_benchmark(labeled, tmp_path / "tiny.bin")
    capsys.readouterr()
    evaluate = ["evaluate", "--model", str(model), "--model", "dlib", "--benchmark", str(pack)]
    assert main([*evaluate, "--run", str(tmp_path / "evaluation"), "--json"]) == 0
    first, second = lines_of(capsys)[-1]["results"]["evaluations"]
    assert (first["label"], second["label"]) == (run.title, "dlib")
    for entry in (first, second):
        assert 0 <= entry["accuracy"] <= 1
        scores = np.load(tmp_path / "evaluation" / entry["scores"])
        assert scores["distances"].shape == scores["same"].shape == (20,)


def tiny_benchmark(labeled, path):
    """20 pairs of the dataset's own images, half of them of one person."""
    from hyperface.evaluation import Benchmark, save_benchmark

    by_identity = [np.flatnonzero(labeled.labels == label) for label in range(labeled.identities)]
    pairs = [(rows[i], rows[i + 1]) for i in (0, 2) for rows in by_identity[:5]]
    pairs += [(by_identity[i][j], by_identity[i + 1][j]) for j in (0, 1) for i in range(5)]
    order = np.random.default_rng(0).permutation(len(pairs))
    images = np.stack([labeled[int(index)][0] for pair in order for index in pairs[pair]])
    save_benchmark(Benchmark("tiny", "Tiny", images, order < 10), path)
    return path


@pytest.mark.slow
def test_separated_identities_are_drawn_like_packed_ones(packing, tmp_path, capsys):
    run = tmp_path / "separated"
    options = ["--from", str(packing.path), "--identities", "6", "--rounds", "3", "--batch-size", "4"]
    assert main(["separate", *options, "--run", str(run)]) == 0
    assert "in the pictures" in capsys.readouterr().out
    separated = runs.open_run(run)
    embeddings = np.load(separated.file("embeddings.npy"))
    assert embeddings.shape == (6, 128)
    np.testing.assert_allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)
    assert not np.allclose(embeddings, np.load(packing.file("embeddings.npy"))[:6], atol=1e-3)
    metrics = separated.metrics()
    assert [row["step"] for row in metrics] == list(range(7))
    assert metrics[-1]["mean_seen_cosine"] < metrics[0]["mean_seen_cosine"]
    results = separated.results()
    assert results["second_recognizer"] == "rendered-heads"
    assert 0 < results["second_start_mean_seen_angle"] != results["second_mean_seen_angle"] > 0
    assert main(["separate", *options, "--judge", "dlib", "--run", str(tmp_path / "biased")]) == 2
    assert "cannot judge" in capsys.readouterr().err

    faces = tmp_path / "faces"
    assert main(["generate", "--from", str(run), "--images-per-identity", "1", "--run", str(faces)]) == 0
    assert runs.open_run(faces).results()["identities"] == 6
    seen = datasets.open(faces / "dataset").info.get("seen")
    assert seen == {}  # one image of each says nothing of how alike an identity's images are


@pytest.mark.slow
def test_training_finishes_the_dataset_it_is_given(packing, tmp_path, capsys):
    from hyperface.jobs import generate, train

    data = generate.create(
        generate.GenerateOptions(str(packing.path), identities=4, images_per_identity=4), path=tmp_path / "data"
    )
    options = train.TrainOptions(str(data.path), epochs=1, batch_size=4, validation_share=0)
    model = train.create(options, path=tmp_path / "model")
    assert model.parents == (data.name,)
    assert main(["train", "--resume", str(model.path)]) == 0
    assert data.status().state == runs.DONE
    assert data.results()["images"] == 16
    assert model.results()["step"] == 4


def test_a_device_that_cannot_be_used_is_told_and_nothing_is_left(tmp_path, capsys):
    options = ["--identities", "5", "--frames", "0", "--device", "nowhere", "--run", str(tmp_path / "run")]
    assert main(["pack", *options]) == EXIT_USER_ERROR
    assert "'nowhere' cannot be used here" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_gallery_is_made_and_packed_from(tmp_path):
    pytest.importorskip("dlib")
    gallery = tmp_path / "gallery"
    assert main(["gallery", "--count", "6", "--seed", "3", "--run", str(gallery), "-o", str(tmp_path / "g.st")]) == 0
    assert runs.open_run(gallery).results()["faces"] == 6
    assert (tmp_path / "g.st").read_bytes() == (gallery / "gallery.safetensors").read_bytes()
    options = ["--gallery", str(gallery), "--identities", "6", "--steps", "2", "--frames", "0"]
    assert main(["pack", *options, "--run", str(tmp_path / "packing")]) == 0
    assert runs.open_run(tmp_path / "packing").parents == ("gallery",)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["pack", "--identities", "1"], "at least 2"),
        (["pack", "--identities", "99999"], "Ask for fewer"),
        (["pack", "--steps", "0"], "at least 1 step"),
        (["pack", "--alpha", "-1"], "cannot be negative"),
        (["pack", "--span", "1.5"], "share of the variance"),
        (["pack", "--learning-rate", "0"], "above 0"),
        (["pack", "--gallery", "nowhere"], "no gallery 'nowhere'"),
        (["pack", "--resume", "/nowhere"], "not a run folder"),
        (["generate"], "--from"),
        (["generate", "--from", "/nowhere"], "neither a run folder"),
        (["train"], "--dataset"),
        (["train", "--dataset", "/nowhere"], "no dataset"),
        (["evaluate", "--benchmark", "nowhere"], "no benchmark"),
        (["evaluate", "--model", "nowhere"], "no recogniser"),
        (["gallery"], "--count"),
        (["gallery", "--folder", "/nowhere"], "not a folder"),
        (["embed", "/nowhere", "-o", "x.npz"], "does not exist"),
        (["embed", ".", "-o", "x.docx"], "no known format"),
    ],
)
def test_bad_input_says_what_to_do_and_leaves_nothing(arguments, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == EXIT_USER_ERROR
    assert says in capsys.readouterr().err
    assert runs.list_runs([tmp_path / "runs"]) == []
    assert not list(tmp_path.rglob("*.npz"))


def test_embeddings_that_are_none(tmp_path, capsys):
    for name, content in {"text": b"hello", "pickle": b""}.items():
        (tmp_path / f"{name}.npy").write_bytes(content)
        assert main(["generate", "--from", str(tmp_path / f"{name}.npy")]) == EXIT_USER_ERROR
        assert "not a readable .npy file" in capsys.readouterr().err


def test_options_of_another_verbs_run(packing, capsys):
    assert main(["train", "--resume", str(packing.path)]) == EXIT_USER_ERROR
    assert "hyperface pack --resume" in capsys.readouterr().err
    assert main(["train", "--dataset", str(packing.path)]) == EXIT_USER_ERROR
    assert "not a dataset" in capsys.readouterr().err


@pytest.mark.slow
def test_a_dataset_is_also_written_as_lmdb(packing, tmp_path):
    words = ["--from", str(packing.path), "--identities", "2", "--images-per-identity", "2", "--also", "lmdb"]
    assert main(["generate", *words, "--run", str(tmp_path / "faces")]) == 0
    drawn, written = (datasets.open(tmp_path / "faces" / name) for name in ("dataset", "lmdb"))
    assert datasets.format_of(written.path) == "lmdb"
    assert [written.content(i) for i in range(4)] == [drawn.content(i) for i in range(4)]
    assert written.labels.tolist() == drawn.labels.tolist() == [0, 0, 1, 1]
