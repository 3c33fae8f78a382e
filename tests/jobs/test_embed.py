"""Photos to rows: formats, what is left out, and work that is broken off."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hyperface import faces, gallery, recognizers
from hyperface.cli import EXIT_INTERRUPTED, EXIT_USER_ERROR, main
from hyperface.generators import load_gallery_generator
from hyperface.images import to_uint8
from hyperface.jobs import embed
from hyperface.recognizers.checkpoints import card_of

pytest.importorskip("dlib")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Four portraits, two of them in one photo; one file that is no photo, a HEIC one, and one without a face."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "below").mkdir()
    pictures = [np.pad(face, ((64, 64), (64, 64), (0, 0)), mode="edge") for face in portraits((30, 47, 65, 71))]
    for number, picture in enumerate(pictures[:2]):
        Image.fromarray(picture).resize((320, 320)).save(folder / "below" / f"{number}.png")
    both = np.concatenate(pictures[2:], axis=1)
    Image.fromarray(both).resize((640, 320)).save(folder / "both.jpg", quality=95)
    (folder / "broken.jpg").write_bytes(b"no photo")
    (folder / "phone.HEIC").write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    Image.new("RGB", (90, 90), "grey").save(folder / "wall.png")
    return folder


def portraits(seeds) -> np.ndarray:
    return to_uint8(load_gallery_generator("dcgan").sample(seeds))


def last_line(capsys) -> dict:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_every_format_holds_the_same_rows(photos, tmp_path, capsys):
    for suffix in (".npz", ".csv", ".parquet"):
        assert main(["embed", str(photos), "-o", str(tmp_path / f"out{suffix}"), "--all-faces", "--json"]) == 0
        done = last_line(capsys)
        assert (done["faces"], done["photos"]) == (4, 6)
        assert done["reasons"] == {"PhotoError": 2, "NoFaceError": 1}
        assert [entry["file"] for entry in done["left_out"]] == ["broken.jpg", "phone.HEIC", "wall.png"]
        assert "HEIC photo" in done["left_out"][1]["why"]
        with (tmp_path / f"out{suffix}.left-out.csv").open() as file:
            assert [row["kind"] for row in csv.DictReader(file)] == ["PhotoError", "PhotoError", "NoFaceError"]
    assert not list(tmp_path.glob(".*partial*"))

    arrays = np.load(tmp_path / "out.npz")
    assert list(arrays["files"]) == ["below/0.png", "below/1.png", "both.jpg", "both.jpg"]
    assert list(arrays["numbers"]) == [0, 0, 0, 1]
    assert json.loads(str(arrays["recognizer"])) == recognizers.load("dlib").card.to_json()
    found = [
        face
        for name in ("below/0.png", "below/1.png", "both.jpg")
        for face in faces.align(faces.load_photo(photos / name))
    ]
    np.testing.assert_array_equal(arrays["boxes"], [face.box for face in found])
    np.testing.assert_array_equal(arrays["landmarks"], [face.landmarks for face in found])
    assert tuple(arrays["landmark_names"]) == found[0].landmark_names
    expected = recognizers.load("dlib").embed(__import__("torch").stack([face.image for face in found]))
    np.testing.assert_allclose(arrays["embeddings"], expected.numpy(), atol=1e-4)

    with (tmp_path / "out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["file"] for row in rows] == list(arrays["files"])
    assert float(rows[3]["e127"]) == pytest.approx(float(arrays["embeddings"][3, 127]), abs=1e-6)
    assert float(rows[1]["y4"]) == pytest.approx(float(arrays["landmarks"][1, 4, 1]), rel=1e-5)
    assert rows[0]["recognizer"] == "dlib"

    table = pytest.importorskip("pyarrow.parquet").read_table(tmp_path / "out.parquet")
    assert table["file"].to_pylist() == list(arrays["files"])
    for column, array in (("box", "boxes"), ("landmarks", "landmarks"), ("embedding", "embeddings")):
        values = np.array(table[column].to_pylist(), np.float32)
        np.testing.assert_allclose(values, arrays[array].reshape(len(values), -1), atol=1e-4)
    assert json.loads(table.schema.metadata[b"recognizer"])["name"] == "dlib"
    assert table.schema.metadata[b"detector"] == b"dlib"


def test_crops_are_the_aligned_faces(photos, tmp_path):
    crops = tmp_path / "crops"
    assert main(["embed", str(photos), "-o", str(tmp_path / "x.npz"), "--crops", str(crops)]) == 0
    written = sorted(path.relative_to(crops).as_posix() for path in crops.rglob("*.png"))
    assert written == ["below/0.png-0.png", "below/1.png-0.png", "both.jpg-0.png"]
    (face, *_) = faces.align(faces.load_photo(photos / "below" / "0.png"))
    with Image.open(crops / "below" / "0.png-0.png") as picture:
        np.testing.assert_array_equal(np.array(picture), to_uint8(face.image[None])[0])


def break_off_after(monkeypatch, count: int) -> list[str]:
    """Ctrl-C after so many photos; returns the list of what is looked at."""
    seen: list[str] = []
    original = embed._Work._faces_of

    def faces_of(self, path):
        seen.append(path.name)
        if len(seen) > count:
            raise KeyboardInterrupt
        return original(self, path)

    monkeypatch.setattr(embed._Work, "_faces_of", faces_of)
    monkeypatch.setattr(embed, "BATCH_SIZE", 1)
    return seen


def test_work_broken_off_is_continued(photos, tmp_path, capsys, monkeypatch):
    whole, output = tmp_path / "whole.npz", tmp_path / "out.npz"
    assert main(["embed", str(photos), "-o", str(whole), "--workers", "1"]) == 0
    with monkeypatch.context() as patch:
        break_off_after(patch, 3)
        assert main(["embed", str(photos), "-o", str(output), "--workers", "1"]) == EXIT_INTERRUPTED
    assert "the same command continues" in capsys.readouterr().err
    assert not output.exists()

    # Neither another recogniser nor other options may be mixed in.
    ours = "assets/demo/train-demo/recognizer.safetensors"
    assert main(["embed", str(photos), "-o", str(output), "--recognizer", ours]) == EXIT_USER_ERROR
    message = capsys.readouterr().err
    assert "'dlib'" in message
    assert repr(card_of(Path(ours)).name) in message
    assert main(["embed", str(photos), "-o", str(output), "--all-faces"]) == EXIT_USER_ERROR
    assert "all_faces False instead of True" in capsys.readouterr().err

    with monkeypatch.context() as patch:
        looked_at = break_off_after(patch, 99)
        assert main(["embed", str(photos), "-o", str(output), "--workers", "1", "--json"]) == 0
    assert 0 < len(looked_at) < 6
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["resumed"] == 6 - len(looked_at)
    with np.load(whole) as expected, np.load(output) as continued:
        for name in expected.files:
            if expected[name].dtype.kind == "f":
                np.testing.assert_allclose(continued[name], expected[name], atol=1e-5)
            else:
                np.testing.assert_array_equal(continued[name], expected[name])
    assert (tmp_path / "out.npz.left-out.csv").read_bytes() == (tmp_path / "whole.npz.left-out.csv").read_bytes()
    assert not list(tmp_path.glob(".*partial*"))


def test_damaged_unfinished_work_and_beginning_again(photos, tmp_path, capsys):
    (tmp_path / ".out.npz.partial.npz").write_bytes(b"damaged")
    one = str(photos / "below" / "0.png")
    assert main(["embed", one, "-o", str(tmp_path / "out.npz")]) == EXIT_USER_ERROR
    assert "--fresh" in capsys.readouterr().err
    assert main(["embed", one, "-o", str(tmp_path / "out.npz"), "--fresh"]) == 0
    assert list(np.load(tmp_path / "out.npz")["files"]) == ["0.png"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--detector", "dlob"], "Did you mean 'dlib'"),
        (["--recognizer", "ir_50"], "network without weights"),
        (["--recognizer", "hf:nobody"], "hf:owner/repository"),
        (["--workers", "0"], "At least one worker"),
        (["--device", "abacus"], "cannot be used here"),
        (["--crops", "PHOTOS/crops"], "inside the photos'"),
    ],
)
def test_what_cannot_work_is_said_at_once(photos, tmp_path, capsys, arguments, says):
    arguments = [argument.replace("PHOTOS", str(photos)) for argument in arguments]
    assert main(["embed", str(photos), "-o", str(tmp_path / "x.npz"), *arguments]) == EXIT_USER_ERROR
    assert says in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_an_onnx_file_with_its_colors_turned_round_is_warned_about(photos, tmp_path, capsys):
    """Through the command line; the check itself is tested with the recognisers."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    helper = onnx.helper
    graph = helper.make_graph(
        [
            helper.make_node("AveragePool", ["x"], ["pooled"], kernel_shape=[16, 16], strides=[16, 16]),
            helper.make_node("Flatten", ["pooled"], ["features"]),
        ],
        "g",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, 112, 112])],
        [helper.make_tensor_value_info("features", onnx.TensorProto.FLOAT, ["n", 147])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 10
    onnx.save(model, tmp_path / "pooled.onnx")
    one = str(photos / "below" / "0.png")
    assert main(["embed", one, "-o", str(tmp_path / "x.npz"), "--recognizer", str(tmp_path / "pooled.onnx")]) == 0
    assert "warning" not in capsys.readouterr().err  # such a network cannot tell the colours apart
    assert np.load(tmp_path / "x.npz")["embeddings"].shape == (1, 147)


def test_galleries_and_evaluations_take_the_same_choices(photos, tmp_path, capsys):
    """A detector that cannot be had, and another arithmetic."""
    run = ["gallery", "--folder", str(photos), "--run", str(tmp_path / "run")]
    assert main([*run, "--detector", "dlob"]) == EXIT_USER_ERROR
    assert "Did you mean 'dlib'" in capsys.readouterr().err
    assert main([*run, "--precision", "bfloat16", "-o", str(tmp_path / "half.safetensors")]) == 0
    run = ["gallery", "--folder", str(photos), "--run", str(tmp_path / "exact"), "-o", str(tmp_path / "x.safetensors")]
    assert main(run) == 0
    half, exact = (gallery.load(tmp_path / f"{name}.safetensors").embeddings for name in ("half", "x"))
    assert 0 < (1 - (half * exact).sum(dim=1)).max() < 0.01
    options = ["evaluate", "--benchmark", "rendered_everyday", "--run", str(tmp_path / "evaluation")]
    assert main([*options, "--device", "abacus"]) == EXIT_USER_ERROR
    assert "cannot be used here" in capsys.readouterr().err
