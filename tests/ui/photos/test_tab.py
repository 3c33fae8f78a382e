import base64
import hashlib
import io
import json
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from hyperface import gallery, runs
from hyperface.defaults import PAIRS
from hyperface.faces import Face
from hyperface.ui.photos.drawing import annotated_photo, reduced
from hyperface.ui.photos.matches import Match, MatchedFace, Zones, ruler, similarity_table
from hyperface.ui.photos.sphere import sphere_with_faces


@pytest.fixture(scope="module")
def portrait() -> bytes:
    """A PNG of a made-up person that the detector finds."""
    from hyperface import generators
    from hyperface.images import to_uint8

    first = int(gallery.load().sources[0].partition(":")[2])
    face = to_uint8(generators.load_gallery_generator().sample([first]))[0]
    photo = np.full((520, 520, 3), 120, np.uint8)
    photo[80:440, 80:440] = np.asarray(Image.fromarray(face).resize((360, 360)))
    return png(photo)


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def open_photos(page, open_tab) -> None:
    """Open the tab and wait for the example that it begins with."""
    open_tab(page, "Photos")
    page.locator("#photos-faces .hf-card").first.wait_for()
    page.get_by_role("heading", name="You are here").wait_for()


def upload(page, **files: bytes) -> None:
    """Choose photos, the last of which has a face, and wait until their faces are compared."""
    page.evaluate(
        "document.querySelectorAll('#photos-photos figure').forEach((photo) => { photo.dataset.old = true; })"
    )
    page.locator("#photo-picker input[type=file]").set_input_files(
        [{"name": f"{name}.png", "mimeType": "image/png", "buffer": content} for name, content in files.items()]
    )
    # From its picture on, the cards of earlier photos are gone.
    page.locator("#photos-photos figure:not([data-old])", has_text=f"Photo {len(files)} ·").wait_for()
    page.locator("#photos-faces .hf-card").first.wait_for()


def test_marks_are_where_the_detector_says():
    names = ("a", "b", "c", "d", "<e>")
    landmarks = np.array([[10, 20], [30, 20], [20, 30], [12, 40], [28, 40]], np.float32)
    face = Face(
        image=None, box=np.array([5.0, 10.0, 35.0, 45.0]), landmarks=landmarks, confidence=1.234, landmark_names=names
    )
    html = annotated_photo(np.zeros((100, 200, 3), np.uint8), [face], title="Photo <1>", first_number=7)
    assert 'viewBox="0 0 200 100"' in html
    assert 'class="hf-box" x="5.5" y="10.5" width="30.0" height="35.0"' in html  # pixel 5's centre is at 5.5
    assert re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', html)[2] == ("20.5", "30.5")
    assert "7 · 1.23" in html
    assert "Photo &lt;1&gt;" in html
    assert "&lt;e&gt;" in html
    assert html.count("1 face") >= 1


@pytest.mark.parametrize("shape", [(3000, 4000, 3), (5000, 10, 3), (50, 60, 3)])
def test_shown_photos_are_small_and_keep_their_shape(shape):
    shown = reduced(np.zeros(shape, np.uint8))
    assert max(shown.shape) <= 960
    assert shown.shape[0] / shown.shape[1] == pytest.approx(shape[0] / shape[1], rel=0.05) or 1 in shown.shape[:2]


class Many:
    """A packing of 5,000 people, as far as the sphere knows of it."""

    run = SimpleNamespace(name="pack-many")
    embeddings = torch.nn.functional.normalize(torch.randn(5000, 16, generator=torch.Generator().manual_seed(0)))
    points = torch.nn.functional.normalize(embeddings[:, :3]).numpy()

    def __len__(self) -> int:
        return len(self.embeddings)


def test_the_sphere_shows_every_identity_and_the_faces_at_their_true_angles():
    packed, faces = Many(), torch.eye(2, 16)
    shown = sphere_with_faces(packed, packed.points[:2], faces, torch.rand(2, 3, 112, 112))
    assert len(shown["points"]) == 3 * 5002
    assert shown["marked"] == [5000, 5001]
    assert shown["words"] == [[5000, "face 1"], [5001, "face 2"]]
    assert shown["people"] == {"run": "pack-many", "count": 5000}
    angles = np.frombuffer(base64.b64decode(shown["guests"]["angles"]), "<u2").reshape(2, 5002) / 100
    naive = np.degrees(np.arccos(np.concatenate([packed.embeddings, faces]) @ faces.numpy().T)).T
    np.testing.assert_allclose(angles, naive, atol=0.02)
    assert len(shown["guests"]["pictures"]) == 2
    json.dumps(shown, allow_nan=False)  # the page's JSON knows no NaN


def test_the_matrix_marks_what_passes_as_one_person():
    cosines = [[1.0, 0.61, 0.1], [0.61, 1.0, -0.9], [0.1, -0.9, 1.0]]
    html = similarity_table(cosines, 0.5, 0.001)
    assert re.findall(r'<td class="hf-match"[^>]*>([\d.]+)', html) == ["0.61", "0.61"]
    marked = re.search(r'<line class="hf-threshold-mark" x1="([\d.]+)"', html)[1]
    dots = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', html)]
    assert len(dots) == 3
    assert sorted(x > float(marked) for x in dots) == [False, False, True]
    assert min(dots) == 10  # what lies beyond the axis is drawn at its end
    assert "only 1 in 1,000" in html
    unknown = similarity_table(cosines, None, 0.001)
    assert "hf-match" not in unknown
    assert "too few faces" in unknown
    assert similarity_table([[1.0]], 0.5, 0.001) == ""


def test_a_packing_of_a_recognizer_trained_here_is_compared_with_its_own(tmp_path):
    """Faces are embedded by the packing's recogniser, which is found in the run that trained it."""
    import shutil

    import torch

    from hyperface import assets
    from hyperface.errors import InputError
    from hyperface.recognizers.checkpoints import card_of
    from hyperface.ui.parts.context import AppContext
    from hyperface.ui.parts.packed import load_packed
    from hyperface.ui.photos.comparing import SeenFaces, embed

    shutil.copytree(assets.assets_folder() / "demo" / "train-demo", tmp_path / "train-mine")
    context = AppContext(runs_folder=tmp_path, demo_folder=tmp_path / "none")
    run = runs.create("pack", {"identities": 4, "gallery": "gan-10k"}, title="Four", folder=tmp_path)
    with runs.Worker(run).working():
        np.save(run.path / "embeddings.npy", np.eye(4, 256, dtype=np.float32))
    seen = SeenFaces(torch.rand(2, 3, 112, 112), (1.0, 1.0))
    trained = card_of(tmp_path / "train-mine" / "recognizer.safetensors").name
    for name, dimension in ((trained, 256), ("dlib", 128)):
        (run.path / "recognizer.json").write_text(json.dumps({"name": name}))
        assert embed(context, load_packed(context, run.name), seen).shape == (2, dimension)
    (run.path / "recognizer.json").write_text(json.dumps({"name": "gone#12345678"}))
    with pytest.raises(InputError, match="'gone#12345678', which cannot be loaded"):
        embed(context, load_packed(context, run.name), seen)


@pytest.mark.browser
def test_a_photo_is_read_compared_and_leaves_nothing(
    small_packing, page, open_tab, portrait, upload_cache, other_page, expect
):
    open_photos(page, open_tab)
    before = sorted(path for path in upload_cache.rglob("*") if path.is_file())
    upload(page, my_secret_holiday=portrait)
    card = page.locator("#photos-faces .hf-card")
    expect(card).to_have_count(1)
    expect(page.locator("#photos-photos circle")).to_have_count(5)
    texts = card.locator("img").evaluate_all("images => images.map(image => image.alt)")
    assert texts[0] == "Face 1, aligned"
    assert len([text for text in texts if text.startswith("gallery face ")]) == 5
    assert len([text for text in texts if text.startswith("identity ")]) == 5
    page.get_by_role("heading", name="You are here").wait_for()
    way = page.locator("#photos-ways .hf-way")
    way.wait_for()
    expect(way.locator(".hf-way-steps li")).to_have_count(4)
    expect(way.locator(".hf-way-first")).to_contain_text("% alike")  # the photo is a head of this very generator

    assert sorted(path for path in upload_cache.rglob("*") if path.is_file()) == before
    assert "my_secret_holiday" not in (upload_cache / "server.log").read_text()
    open_photos(other_page, open_tab)
    assert not set(own_pictures(page)) & set(own_pictures(other_page))

    page.get_by_role("button", name="Delete photos and faces").click()
    page.get_by_text("Nothing of your photos is left").wait_for()
    expect(page.locator("#photos-faces .hf-card, #photos-photos img, #photos-ways img")).to_have_count(0)


def watch_sessions(page) -> list[str]:
    """The names that Gradio gives to the page's session, as they appear in what the page asks for."""
    sessions: list[str] = []

    def note(request) -> None:
        if "queue/join" in request.url:
            sessions.append(json.loads(request.post_data)["session_hash"])

    page.on("request", note)
    return sessions


def own_pictures(page) -> list[str]:
    """The photos, and the faces cut out of them, that a page shows."""
    pictures = page.locator("#photos-photos img, .hf-card-crop img")
    return pictures.evaluate_all("images => images.map(image => image.src)")


@pytest.mark.browser
def test_guessed_addresses_give_nothing(small_packing, page, open_tab, portrait, upload_cache, other_page, app_url):
    """A second visitor knows the framework, the folders of the server, and even the content of the photo."""
    sessions = watch_sessions(page)
    open_photos(page, open_tab)
    upload(page, me=portrait)
    digest = hashlib.sha256(portrait).hexdigest()
    guesses = [str(upload_cache / digest / name) for name in ("me.png", "image.png", "image.webp", "blob")]
    guesses += ["me.png", "/proc/self/environ", str(small_packing.path / "embeddings.npy"), "app.py"]
    visitor = other_page.request
    for guess in guesses:
        for form in ("file=", "file/", "stream/", f"stream/{sessions[-1]}/"):
            answer = visitor.get(f"{app_url}/gradio_api/{form}{guess}")
            assert answer.status >= 400, (form, guess)
    for path in (path for path in upload_cache.rglob("*") if path.is_file()):
        content = path.read_bytes()
        for trace in (portrait[-200:], digest.encode(), b"me.png", b"data:image"):
            assert trace not in content, path


@pytest.mark.browser
def test_a_detector_whose_weights_cannot_be_had_says_so(small_packing, page, open_tab, portrait, expect):
    open_photos(page, open_tab)
    page.locator("#photos-settings button").first.click()
    page.locator("#photos-detector input").click()
    page.get_by_role("option", name=re.compile("^YuNet: ")).first.click()
    page.locator("#photo-picker input[type=file]").set_input_files(
        [{"name": "me.png", "mimeType": "image/png", "buffer": portrait}]
    )
    message = page.locator("#photos-status li")
    expect(message).to_contain_text("cannot be downloaded")
    expect(message).to_contain_text("'dlib' needs nothing")


@pytest.mark.browser
def test_what_cannot_be_used_is_told_and_the_rest_is_shown(small_packing, page, open_tab, portrait, expect):
    open_photos(page, open_tab)
    upload(page, broken=b"this is no picture", empty=b"", wall=png(np.full((300, 300, 3), 128, np.uint8)), me=portrait)
    page.locator("#photos-status li").nth(2).wait_for()
    problems = page.locator("#photos-status li").all_inner_texts()
    assert [problem.split(":")[0] for problem in problems] == ["broken.png", "empty.png", "wall.png"]
    assert "No face was found" in problems[2]
    expect(page.locator("#photos-photos figure")).to_have_count(2)


@pytest.mark.browser
def test_faces_follow_the_picked_packing(small_packing, page, open_tab, portrait, runs_folder, expect):
    pair = PAIRS[0]
    others = runs.create("pack", {"identities": 20, "gallery": pair.gallery}, title="Others", folder=runs_folder)
    with runs.Worker(others).working():
        np.save(others.path / "embeddings.npy", gallery.load().embeddings[500:520].numpy())
        (others.path / "recognizer.json").write_text(json.dumps({"name": pair.recognizer}))
    page.reload()
    page.locator("#packing-picker input").click()
    page.get_by_role("option", name=re.compile("Others")).first.click()
    open_photos(page, open_tab)
    upload(page, me=portrait, again=portrait)
    page.locator("#photos-faces .hf-similarity").wait_for()
    expect(page.locator("#photos-faces .hf-similarity td").nth(1)).to_have_text("1.00")
    expect(page.locator("#photos-faces .hf-similarity td.hf-match")).to_have_count(2)
    page.get_by_text("threshold 0.6").wait_for()
    nearest = page.locator("#photos-faces .hf-card img[alt^='identity']").first
    assert angle(nearest) > 30

    page.locator("#packing-picker input").click()
    page.get_by_role("option", name=re.compile("Twenty people")).first.click()
    page.locator("#photos-faces img[alt^='identity 0,']").first.wait_for()  # the portrait is the gallery's first face
    assert angle(nearest) < 25


def angle(picture) -> float:
    """The angle that a match's picture is labelled with."""
    return float(re.search(r"([\d.]+) degrees away", picture.get_attribute("alt"))[1])


@pytest.mark.parametrize(
    ("angle", "says"), [(12.0, "same person"), (40.0, "look-alike"), (77.0, "stranger"), (130.0, "stranger")]
)
def test_the_ruler_says_where_a_face_and_its_nearest_stand(angle, says):
    blank = np.zeros((8, 8, 3), np.uint8)
    nearest = Match("identity", 17, blank, 0.5, angle)
    html = ruler(MatchedFace(2, torch.zeros(3, 8, 8), 1.0, [nearest], []), Zones(30.0, 50.0))
    assert f"Face 2 and identity 17: {angle:.0f}°, {says}." in html
    place = float(re.search(r'<path d="M([\d.]+) ', html)[1])
    assert place == min(angle, 100)


@pytest.mark.browser
def test_a_photo_sent_while_another_is_read_takes_its_place(small_packing, page, open_tab, portrait, expect):
    open_photos(page, open_tab)
    files = page.locator("#photo-picker input[type=file]")
    crowd = [{"name": f"{number}.png", "mimeType": "image/png", "buffer": portrait} for number in range(6)]
    files.set_input_files(crowd)
    page.locator("#photos-status", has_text="Looking for faces").wait_for()
    wall = png(np.full((300, 310, 3), 128, np.uint8))
    files.set_input_files([{"name": "wall.png", "mimeType": "image/png", "buffer": wall}])
    expect(page.locator("#photos-photos figcaption")).to_have_text(["Photo 1 · 310 × 300 pixels · 0 faces"])
    expect(page.locator("#photos-status li")).to_have_text(re.compile("^wall.png: No face was found"))
    # Had the six been read to their end, what is sent after them would come after their last cards.
    upload(page, me=portrait)
    expect(page.locator("#photos-photos figure")).to_have_count(1)
    expect(page.locator("#photos-faces .hf-card")).to_have_count(1)


@pytest.mark.browser
def test_a_sphere_that_left_the_page_keeps_no_graphics_card(small_packing, page, open_tab, portrait):
    open_photos(page, open_tab)
    place = page.locator("#photos-sphere .hf-ball-here")
    place.locator("canvas").first.wait_for()
    page.evaluate(
        "window.left = document.querySelector('#photos-sphere .hf-ball-here').sphere;"
        "window.lost = () => window.left.painter.gl.isContextLost()"
    )
    assert not page.evaluate("lost()")
    upload(page, me=portrait)
    place.locator("canvas").first.wait_for()
    page.wait_for_function("lost()")
    assert page.evaluate("document.querySelector('#photos-sphere .hf-ball-here').sphere !== left")
    page.evaluate("document.querySelector('#photos-sphere .hf-ball-here').append(left.element)")
    page.wait_for_function("!lost()")  # whoever comes back is drawn again
