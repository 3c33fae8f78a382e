import base64
import io

import numpy as np
import pytest
from PIL import Image

from hyperface import gallery
from hyperface.defaults import GALLERY
from hyperface.errors import RunError
from hyperface.jobs.pack import PackOptions, create
from hyperface.jobs.pack.start import start_rows
from hyperface.ui.pack.faces import alike_before, people_faces, way_faces
from hyperface.ui.pack.view import published_map
from hyperface.ui.parts.people import CELL, face_sheet


def pixels(address: str) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB"), float)


def test_faces_of_the_start_are_there_before_the_work_begins(context):
    options = PackOptions(identities=70)
    run = create(options, folder=context.runs_folder)
    shown = people_faces(context, {"run": run.name, "identities": [3, 69]})
    faces = gallery.load(GALLERY)
    origin = start_rows(options, faces.embeddings)[1].numpy()
    thumbnail = faces.thumbnails[origin[3]].astype(float)
    assert np.abs(pixels(shown["start"][0]) - thumbnail).mean() < 8  # JPEG
    assert shown["now"] == [None, None]
    assert people_faces(context, {"run": run.name, "identities": [70]})["start"] == [None]

    sheet = pixels(face_sheet(context, {"run": run.name, "part": 0, "packed": False})["image"])
    assert sheet.shape == (8 * CELL, 8 * CELL, 3)
    third = sheet[:CELL, 3 * CELL : 4 * CELL]
    assert np.abs(third - np.asarray(Image.fromarray(faces.thumbnails[origin[3]]).resize((CELL, CELL)))).mean() < 10
    rest = pixels(face_sheet(context, {"run": run.name, "part": 1, "packed": False})["image"])
    assert np.abs(rest[CELL:] - 128).mean() < 2  # six people in the second sheet
    assert face_sheet(context, {"run": run.name, "part": 2, "packed": False})["image"] is None
    assert face_sheet(context, {"run": run.name, "part": 0, "packed": True})["image"] is None  # nothing is packed


@pytest.mark.slow
def test_a_packed_person_is_drawn_along_its_way_and_among_all(context, packing):
    way = way_faces(context, {"run": packing.name, "identity": 2})
    assert way["steps"] == [0] or way["steps"][-1] > 0
    assert all(pixels(image).shape == (112, 112, 3) for image in way["images"])
    sheet = face_sheet(context, {"run": packing.name, "part": 0, "packed": True})
    now = people_faces(context, {"run": packing.name, "identities": [2]})["now"][0]
    small = np.asarray(Image.fromarray(pixels(now).astype(np.uint8)).resize((CELL, CELL), Image.Resampling.BOX), float)
    assert np.abs(pixels(sheet["image"])[:CELL, 2 * CELL : 3 * CELL] - small).mean() < 8


def test_who_looked_alike_is_told_of_finished_packings(context, packing):
    told = alike_before(context, {"run": packing.name})
    assert told["people"] == 6
    assert len(told["pairs"]) == len(told["before"]) == len(told["after"]) <= 3
    assert 0 <= told["alike_after"] <= 6
    waiting = create(PackOptions(identities=6), folder=context.runs_folder)
    with pytest.raises(RunError):
        alike_before(context, {"run": waiting.name})


def test_the_published_map_is_told_where_it_was_drawn(context, packing):
    with pytest.raises(RunError):
        published_map(context, {"run": packing.name})
    points = np.eye(6, 3, dtype=np.float32)
    np.save(packing.path / "umap.npy", points)
    told = base64.b64decode(published_map(context, {"run": packing.name})["points"])
    np.testing.assert_array_equal(np.frombuffer(told, "<f4").reshape(-1, 3), points)
