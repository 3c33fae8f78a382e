"""What scripts are given, asked of a server as a script asks."""

import base64
import io
import json
import urllib.request

import numpy as np
import pytest
from PIL import Image

from hyperface.array_files import read_array
from hyperface.assets import assets_folder

gradio_client = pytest.importorskip("gradio_client")
NAMES = ["/pack", "/identities", "/draw", "/embed", "/nearest", "/runs", "/evaluate"]
DEMO = assets_folder() / "demo" / "pack-demo" / "embeddings.npy"
PHOTO = assets_folder() / "examples" / "1-portrait.jpg"


@pytest.fixture(scope="module")
def client(api_url):
    client = gradio_client.Client(api_url, verbose=False)
    yield client
    client.close()


@pytest.fixture(scope="module")
def portrait() -> str:
    return base64.b64encode(PHOTO.read_bytes()).decode()


def test_exactly_seven_are_public(api_url):
    with urllib.request.urlopen(f"{api_url}/gradio_api/info?all_endpoints=true") as answer:
        assert list(json.load(answer)["named_endpoints"]) == NAMES
    with urllib.request.urlopen(f"{api_url}/config") as answer:
        public = [each["api_name"] for each in json.load(answer)["dependencies"] if each["api_visibility"] != "private"]
    assert [f"/{name}" for name in public] == NAMES


def test_a_packing_is_told_step_by_step_and_ends_with_its_figures(client):
    job = client.submit(identities=30, steps=8, seed=3, api_name="/pack")
    told = list(job)
    assert [answer["run"] for answer in told] == [told[0]["run"]] * len(told)
    last = told[-1]
    assert (last["state"], last["progress"], last["step"]) == ("done", 1.0, 8)
    figures = last["figures"]
    assert figures["min_angle_before"] < figures["min_angle_after"] < figures["bound_angle"]
    assert figures["look_alikes_after"] <= figures["look_alikes_before"] <= 1
    (news,) = client.predict(run=last["run"], api_name="/runs")
    assert (news["state"], news["verb"], news["ready_made"]) == ("done", "pack", False)
    assert news["figures"]["min_angle"] == figures["min_angle_after"]
    assert last["run"] in [each["run"] for each in client.predict(verb="pack", api_name="/runs")]


def test_identities_are_those_of_the_file(client):
    rows = read_array(DEMO).astype(np.float64)
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -1)
    angles = np.degrees(np.arccos(cosines.max(axis=1)))
    answer = client.predict(run="pack-demo", first=5, count=3, embeddings=True, api_name="/identities")
    assert answer["total"] == len(rows)
    assert answer["min_angle"] == pytest.approx(angles.min(), abs=0.01)
    assert [person["identity"] for person in answer["identities"]] == [5, 6, 7]
    for person in answer["identities"]:
        assert person["nearest"] == cosines[person["identity"]].argmax()
        assert person["angle"] == pytest.approx(angles[person["identity"]], abs=0.01)
        assert person["embedding"] == pytest.approx(rows[person["identity"]], abs=1e-6)


def test_a_drawn_person_is_found_again_and_the_same_seed_draws_the_same(client):
    drawn = client.predict(run="pack-demo", identity=7, count=2, seed=4, api_name="/draw")
    again = client.predict(run="pack-demo", identity=7, count=1, seed=5, api_name="/draw")
    assert [picture["seed"] for picture in drawn["pictures"]] == [4, 5]
    first, second = (picture["image"] for picture in drawn["pictures"])
    assert second == again["pictures"][0]["image"] != first
    with Image.open(io.BytesIO(base64.b64decode(first.partition(",")[2]))) as image:
        assert (image.format, image.size) == ("PNG", (112, 112))
    found = client.predict(run="pack-demo", photo=first, k=1, api_name="/nearest")
    (face,) = found["faces"]
    (nearest,) = face["nearest"]
    assert nearest["identity"] == 7
    assert nearest["cosine"] == pytest.approx(drawn["pictures"][0]["likeness"], abs=0.02)


def test_a_photo_is_embedded_and_kept_nowhere(client, portrait, api_folder):
    embedded = client.predict(photo=portrait, recognizer="dlib-heads", api_name="/embed")
    (face,) = embedded["faces"]
    assert embedded["recognizer"]["name"] == "dlib-heads"
    assert np.linalg.norm(face["embedding"]) == pytest.approx(1, abs=1e-5)
    by_photo = client.predict(run="pack-demo", photo=portrait, k=3, api_name="/nearest")
    by_embedding = client.predict(run="pack-demo", embedding=face["embedding"], k=3, api_name="/nearest")
    numbers = [[person["identity"] for person in each["faces"][0]["nearest"]] for each in (by_photo, by_embedding)]
    assert numbers[0] == numbers[1]
    cosines = read_array(DEMO) @ np.array(face["embedding"])
    assert numbers[1] == np.argsort(-cosines)[:3].tolist()
    kept = [path for path in api_folder.parent.rglob("*") if path.is_file()]
    assert all(portrait[1000:1060].encode() not in path.read_bytes() for path in kept)
    assert all(PHOTO.read_bytes()[1000:1060] not in path.read_bytes() for path in kept)


def test_a_photo_without_a_face_says_so(client):
    buffer = io.BytesIO()
    Image.new("RGB", (160, 120), "white").save(buffer, "PNG")
    blank = base64.b64encode(buffer.getvalue()).decode()
    answer = client.predict(photo=blank, api_name="/embed")
    assert answer["faces"] == []
    assert "face" in answer["note"]


def test_known_figures_come_at_once_with_their_intervals(client):
    told = list(client.submit(model="train-demo", api_name="/evaluate"))
    assert [(each["run"], each["state"]) for each in told] == [(None, "done")]
    figures = told[0]["figures"]
    for name in ("accuracy", "auc", "eer"):
        assert figures[f"{name}_low"] <= figures[name] <= figures[f"{name}_high"]


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("/pack", {"seed": 2**70}, "seed is a whole number from 0"),
        ("/pack", {"alpha": 1e300}, "alpha is a number from 0 to 2"),
        ("/pack", {"identities": [5]}, "identities is a whole number"),
        ("/pack", {"steps": True}, "steps is a whole number"),
        ("/pack", {"gallery": "../../etc/passwd"}, "gallery is one of heads-10k"),
        ("/pack", {"identities": 2, "objective": "x" * 5000}, "objective is one of soft"),
        ("/identities", {"run": "../pack-demo"}, "is not the name of a run"),
        ("/identities", {"run": {"a": 1}}, "run is the name of a run"),
        ("/identities", {"run": "pack-demo", "count": 10**9}, "count is a whole number from 1 to 1,000"),
        ("/draw", {"run": "pack-demo", "identity": -1}, "identity is a whole number from 0"),
        ("/draw", {"run": "train-demo", "identity": 0}, "has no embeddings.npy"),
        ("/draw", {"run": "pack-demo", "identity": 0, "generator": "/etc/passwd"}, "generator is one of heads"),
        ("/embed", {"photo": "%%%"}, "not whole base64"),
        ("/embed", {"photo": base64.b64encode(b"no photo").decode()}, "photo"),
        ("/embed", {"photo": "aaaa", "recognizer": "ir_50:/etc/passwd"}, "recognizer is one of"),
        ("/nearest", {"run": "pack-demo"}, "Give either a photo or an embedding"),
        ("/nearest", {"run": "pack-demo", "embedding": [1.0, 2.0]}, "have 128 numbers"),
        ("/nearest", {"run": "pack-demo", "embedding": [0.0] * 128}, "no direction"),
        ("/runs", {"run": "nobody"}, "There is no run"),
        ("/evaluate", {"model": "/etc/passwd"}, "model is one of dlib"),
        ("/evaluate", {"benchmark": "../x"}, "benchmark is one of"),
    ],
)
def test_what_cannot_be_is_answered_in_a_sentence(client, name, asked, said):
    with pytest.raises(gradio_client.exceptions.AppError) as error:
        client.predict(**asked, api_name=name)
    assert said in str(error.value)
    assert str(assets_folder().parent) not in str(error.value)
    assert "Traceback" not in str(error.value)
    assert len(str(error.value)) < 400
