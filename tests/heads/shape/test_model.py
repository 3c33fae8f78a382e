"""The head model against independent computations, and what a damaged file says."""

import hashlib
import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from hyperface import assets
from hyperface.errors import AssetError
from hyperface.heads.shape.model import CAVITY, EYE, SKIN, TEETH, Phenotype, _in_pieces, _unpacked, load_head_model

THIRD = (1 / 3, 1 / 3, 1 / 3)


@pytest.fixture(scope="module")
def head():
    return load_head_model()


SHAPED = slice(0, 4538)  # teeth, which come last, are made anew for each head and follow no line


@pytest.mark.parametrize(
    ("change", "middle"),
    [
        ({"age": (2 / 3, 1.0)}, 5 / 6),
        ({"gender": (0.0, 1.0)}, 0.5),
        ({"muscle": (0.5, 1.0)}, 0.75),
        ({"weight": (0.0, 0.5)}, 0.25),
        ({"ancestry": ((1.0, 0.0, 0.0), (0.0, 0.5, 0.5))}, (0.5, 0.25, 0.25)),
    ],
)
def test_a_head_between_anchors_is_the_mean_of_the_heads_at_them(head, change, middle):
    """Independent of how anchors are weighted: every factor is piecewise linear, so midpoints are means."""
    base = Phenotype(0.8, 0.3, 0.6, 0.2, (0.2, 0.5, 0.3))
    ((name, ends),) = change.items()
    one, other = (head.shape(replace(base, **{name: end}), {})[SHAPED] for end in ends)
    between = head.shape(replace(base, **{name: middle}), {})[SHAPED]
    np.testing.assert_allclose(between, (one + other) / 2, atol=2e-6)
    assert np.abs(one - other).max() > 1e-3


def test_a_head_at_an_anchor_is_the_one_in_the_file(head):
    tensors = load_file(assets.asset("heads/head_model.safetensors"))
    anchors = itertools.product((1 / 3, 2 / 3, 1.0), (0.0, 1.0), (0.0, 0.5, 1.0), (0.0, 0.5, 1.0), range(3))
    place = list(anchors).index((1.0, 1.0, 0.5, 0.0, 1))
    directions = tensors["anchor_basis"] * tensors["anchor_steps"][:, None, None]
    expected = tensors["mean"] + np.einsum("k,kvx->vx", tensors["anchor_weights"][place], directions)
    found = head.shape(Phenotype(1.0, 1.0, 0.5, 0.0, (0.0, 1.0, 0.0)), {})[SHAPED]
    np.testing.assert_allclose(found, expected, atol=1e-6)


@pytest.mark.parametrize("columns", [1, 50, 127, 128, 4096, 4097, 13_614])
def test_a_product_in_pieces_is_the_product(columns):
    rng = np.random.default_rng(columns)
    row, matrix = rng.standard_normal(60).astype(np.float32), rng.standard_normal((60, columns)).astype(np.float32)
    np.testing.assert_allclose(_in_pieces(row, matrix), row.astype(float) @ matrix.astype(float), atol=1e-5)


SHAPES = """
import hashlib
from hyperface.heads.shape.model import Phenotype, load_head_model
digest = hashlib.sha256()
for part in range(40):
    person = Phenotype(0.5 + part / 80, part / 40, 0.4, 0.6, (0.2, 0.3, 0.5))
    digest.update(load_head_model().shape(person, {}).tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
def test_heads_do_not_depend_on_how_many_threads_numpy_has():
    """Bits that more threads, or fewer, would change are in every picture that follows."""
    made = [
        subprocess.run(
            [sys.executable, "-c", SHAPES],
            env={**os.environ, "OPENBLAS_NUM_THREADS": str(threads)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for threads in (1, 2)
    ]
    assert len(made[0].strip()) == hashlib.sha256().digest_size * 2
    assert made[0] == made[1]


def test_local_changes_add_up_and_both_signs_differ(head):
    base = Phenotype(0.7, 0.5, 0.5, 0.5, THIRD)
    plain = head.shape(base, {})
    wide, low = (
        head.shape(base, {name: 0.6})[SHAPED] - plain[SHAPED] for name in ("nose-scale-horiz-incr", "chin-width-incr")
    )
    both = head.shape(base, {"nose-scale-horiz-incr": 0.6, "chin-width-incr": 0.6})[SHAPED] - plain[SHAPED]
    np.testing.assert_allclose(both, wide + low, atol=1e-6)
    narrow = head.shape(base, {"nose-scale-horiz-incr": -0.6})[SHAPED] - plain[SHAPED]
    assert (wide * narrow).sum() < 0


def test_the_head_is_as_large_as_a_head(head):
    size = np.ptp(head.mean, axis=0)
    assert 0.14 < size[0] < 0.20  # ear to ear, metres
    eyes = head.five_points(head.mean)[:2]
    assert 0.058 < np.linalg.norm(eyes[0] - eyes[1]) < 0.070


def test_right_and_left_mirror_each_other(head):
    points = head.five_points(head.mean)
    np.testing.assert_allclose(points[0] * [-1, 1, 1], points[1], atol=5e-4)
    np.testing.assert_allclose(points[3] * [-1, 1, 1], points[4], atol=2e-3)


def test_closed_lids_leave_less_between_them(head):
    gaps = [
        head.lid_openings(head.express(head.mean, {"eyeBlinkLeft": strength, "eyeBlinkRight": strength}))
        for strength in (0.0, 0.3, 0.6)
    ]
    assert (gaps[0] > gaps[1]).all()
    assert (gaps[1] > gaps[2]).all()
    assert (gaps[0] > 0.005).all()


def test_every_part_is_there(head):
    assert {SKIN, EYE, CAVITY, TEETH} <= set(head.parts.tolist())
    assert head.triangles.max() == len(head.mean) - 1
    assert not np.isin(head.solid, np.unique(head.triangles[head.parts == TEETH])).any()


def test_a_missing_or_damaged_file_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    with pytest.raises(AssetError, match="missing"):
        load_head_model.__wrapped__()
    (tmp_path / "heads").mkdir()
    (tmp_path / "heads" / "head_model.safetensors").write_bytes(b"not a head")
    with pytest.raises(AssetError, match=r"damaged.*git checkout"):
        load_head_model.__wrapped__()
    save_file({"mean": np.zeros((3, 3), np.float32)}, tmp_path / "heads" / "head_model.safetensors")
    with pytest.raises(AssetError, match="format"):
        load_head_model.__wrapped__()


@pytest.fixture(scope="module")
def shipped():
    """Tensors and metadata of the head model's file."""
    path = assets.asset("heads/head_model.safetensors")
    with safe_open(path, framework="numpy") as file:
        return load_file(path), file.metadata()


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("triangles", lambda values: np.where(values == values.max(), 30_000, values), "triangles points to a vertex"),
        ("shape_vertices", lambda values: values + values.max(), "shape_vertices points to a vertex"),
        ("landmark_nose_tip", lambda values: values + 20_000, "landmark_nose_tip points to a vertex"),
        ("mean", lambda values: values * np.nan, "mean holds numbers that are none"),
        ("shape_steps", lambda values: values * np.inf, "shape_steps holds numbers that are none"),
        ("mean", lambda values: values[:-1], "has the shape"),
        ("shape_values", lambda values: values[:, :2], "shape_values has the shape"),
        ("parts", lambda values: values[:5], "parts has the shape"),
        ("shape_starts", lambda values: values[::-1], "do not follow each other"),
        ("anchor_basis", lambda values: values.ravel(), "anchor_basis has 1 axes"),
    ],
)
def test_a_file_that_was_changed_is_one_sentence(shipped, tmp_path, monkeypatch, name, change, says):
    tensors, metadata = shipped
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    (tmp_path / "heads").mkdir()
    changed = {**tensors, name: np.ascontiguousarray(change(tensors[name]))}
    save_file(changed, tmp_path / "heads" / "head_model.safetensors", metadata)
    with pytest.raises(AssetError, match=says):
        load_head_model.__wrapped__()


def test_a_file_that_was_cut_off_is_one_sentence(tmp_path, monkeypatch):
    whole = Path(assets.asset("heads/head_model.safetensors")).read_bytes()
    monkeypatch.setenv("HYPERFACE_ASSETS", str(tmp_path))
    (tmp_path / "heads").mkdir()
    for length in (4, 1000, len(whole) // 2, len(whole) - 1):
        (tmp_path / "heads" / "head_model.safetensors").write_bytes(whole[:length])
        with pytest.raises(AssetError, match="damaged"):
            load_head_model.__wrapped__()


def test_a_file_without_a_tensor_is_one_sentence(shipped):
    tensors, metadata = shipped
    with pytest.raises(KeyError, match="anchor_weights"):
        _unpacked({name: values for name, values in tensors.items() if name != "anchor_weights"}, metadata)
