"""Detectors by name, and those of the package face-alignment with weights in their real files and format, made here.

The networks are the package's own. Their weights are set so that they find white dots as faces, and dots of five
colours as landmarks: what is measured is everything between a photo and the answer, but for what training adds.
"""

import logging
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from hyperface.errors import AssetError, NoFaceError, UnknownNameError
from hyperface.faces import align, face_alignment_detector
from hyperface.faces.detectors import load_detector
from hyperface.faces.face_alignment_detector import KINDS, FaceAlignmentDetector, five_of_68
from hyperface.faces.template import ARCFACE_LANDMARKS, ARCFACE_TEMPLATE

COLORS = ("red", "lime", "blue", "yellow", "magenta")  # of the dots, in the order of ARCFACE_LANDMARKS
# Weights of R, G, B and a bias: positive for one of the colours each, not for the others, nor for greys.
TELL_APART = [(1, -1, -1, 0), (-1, 1, -1, 0), (-1, -1, 1, 0), (1, 1, -2, -1), (1, -2, 1, -1)]
BOX_SIZE = 60.0  # pixels of the searched view


def zeros(network: torch.nn.Module) -> dict[str, torch.Tensor]:
    """Its state dictionary with every convolution zero; normalisations are left as they are, which is idle."""
    state = network.state_dict()
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Conv2d):
            for part in ("weight", "bias"):
                if f"{name}.{part}" in state:
                    state[f"{name}.{part}"].zero_()
    return state


def pass_on(state: dict[str, torch.Tensor], name: str, factor: float = 1.0) -> None:
    """Let a convolution copy the first five channels."""
    weight = state[f"{name}.weight"]
    for channel in range(len(COLORS)):
        weight[channel, channel, weight.shape[2] // 2, weight.shape[3] // 2] = factor


def landmark_weights() -> dict[str, torch.Tensor]:
    from face_alignment.models import FAN

    state = zeros(FAN(4))
    for channel, (*color, bias) in enumerate(TELL_APART):
        state["conv1.weight"][channel] = torch.tensor(color, dtype=torch.float32)[:, None, None] / 49
        state["conv1.bias"][channel] = bias
    for name in ("conv2.downsample.2", "conv4.downsample.2"):
        pass_on(state, name)
    for module in range(4):
        pass_on(state, f"m{module}.b3_4.conv1", -1.0)  # cancels the coarser branch of the hourglass
        pass_on(state, f"conv_last{module}")
        for points, channel in (((36, 42), 0), ((42, 48), 1), ((30, 31), 2), ((48, 49), 3), ((54, 55), 4)):
            state[f"l{module}.weight"][slice(*points), channel] = 1.0
    return state


def face_weights() -> dict[str, torch.Tensor]:
    from face_alignment.detection.sfd.net_s3fd import s3fd

    state = zeros(s3fd())
    names = ["conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2", "conv3_3"]
    state["conv1_1.weight"][0, :, 1, 1] = 1.0
    state["conv1_1.bias"][0] = -300.0  # white is 765 − 344 = 421, after the package's mean is taken off
    for name in names:
        state[f"{name}.weight"][0, 0, 1, 1] = 1.0
    confidence = state["conv3_3_norm_mbox_conf.bias"]
    confidence[:3], confidence[3] = 10.0, -10.0
    state["conv3_3_norm_mbox_conf.weight"][3, 0, 1, 1] = 3.0  # the layer before it gives 10 wherever there is anything
    state["conv3_3_norm_mbox_loc.bias"][2:] = 5 * float(np.log(BOX_SIZE / 16))
    for name in ("conv4_3_norm", "conv5_3_norm", "fc7", "conv6_2", "conv7_2"):
        state[f"{name}_mbox_conf.bias"][:] = torch.tensor([10.0, -10.0])
    return state


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A hub folder of torch with the files of "sfd", as the package saves them."""
    folder = tmp_path_factory.mktemp("torch")
    (folder / "hub" / "checkpoints").mkdir(parents=True)
    torch.save(landmark_weights(), folder / "hub" / "checkpoints" / "2DFAN4-11f355bf06.pth.tar")
    torch.save(face_weights(), folder / "hub" / "checkpoints" / "s3fd-619a316812.pth")
    return folder


@pytest.fixture(autouse=True)
def forgotten():
    load_detector.cache_clear()
    yield
    load_detector.cache_clear()


def dotted_photo(shape: tuple[int, int], faces: list[tuple[float, float, float, float]]) -> tuple[np.ndarray, list]:
    """Dots as landmarks, a white one as each face: (x, y, pixels of an aligned crop's pixel, degrees). The landmarks
    (5, 2) of each face, too."""
    photo = Image.new("RGB", shape[::-1], (90, 90, 90))
    draw = ImageDraw.Draw(photo)
    placed = []
    for x, y, scale, degrees in faces:
        turn = np.radians(degrees)
        rotation = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        points = scale * (ARCFACE_TEMPLATE - ARCFACE_TEMPLATE.mean(axis=0)) @ rotation.T + (x, y)
        for color, point in zip(COLORS, points, strict=True):
            draw.circle(tuple(point), 3 * scale, fill=color)
        draw.circle((x, y - 12 * scale), 3 * scale, fill="white")
        placed.append(points)
    return np.array(photo), placed


@pytest.mark.slow
def test_landmarks_keep_their_precision_in_a_large_photo(weights, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(weights))
    monkeypatch.setitem(KINDS, "sfd", face_alignment_detector._Kind(KINDS["sfd"].files, 60_000))  # to be quick
    photo, (upright, tilted) = dotted_photo((1200, 1600), [(500, 500, 4.0, 0), (1200, 700, 3.5, 12)])
    found = align(photo, detector="sfd")
    assert len(found) == 2
    for points in (upright, tilted):
        face = min(found, key=lambda face: np.abs(face.landmarks - points).max())
        # 64 cells answer for a window as wide as 440 pixels of the photo: 7 are one cell.
        np.testing.assert_allclose(face.landmarks, points, atol=7)
        assert face.landmark_names == ARCFACE_LANDMARKS
        assert face.confidence == pytest.approx(1, abs=1e-3)
        left, top, right, bottom = face.box
        assert left < points[:, 0].mean() < right
        assert top < points[:, 1].mean() < bottom
        pixels = face.image.permute(1, 2, 0).numpy()  # (112, 112, 3)
        for (x, y), color in zip(ARCFACE_TEMPLATE, COLORS, strict=True):
            expected = np.array(Image.new("RGB", (1, 1), color))[0, 0] / 255
            np.testing.assert_allclose(pixels[round(y), round(x)], expected, atol=0.25)


def test_nothing_is_found_where_nothing_is(weights, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(weights))
    with pytest.raises(NoFaceError):
        align(np.full((60, 80, 3), 90, np.uint8), detector="sfd")


@pytest.fixture
def no_network(monkeypatch, tmp_path):
    """An empty hub folder, and no way to fill it."""

    def refuse(address, timeout):
        raise OSError("Name or service not known")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("kind", ["sfd", "blazeface", "yunet"])
def test_weights_that_cannot_be_had_are_said(kind, no_network):
    with pytest.raises(AssetError) as raised:
        load_detector(kind)
    message = str(raised.value)
    for part in (repr(kind), "2DFAN4", str(no_network), "https://", "'dlib' needs nothing", "not known"):
        assert part in message


def test_a_missing_package_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchvision", None)
    for name in [name for name in sys.modules if name.startswith("face_alignment.detection.retinaface")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(AssetError, match="package torchvision"):
        load_detector("retinaface")


def test_the_automatic_choice_falls_back_to_dlib_and_says_so(no_network, caplog, clear_faces):
    with caplog.at_level(logging.WARNING):
        assert load_detector("auto").name == "dlib"
    assert "cannot be downloaded" in caplog.text
    assert len(align(clear_faces[0], detector="auto")) == 1


def test_damaged_weights_are_said(weights, tmp_path, monkeypatch):
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    for path in (weights / "hub" / "checkpoints").iterdir():
        (folder / path.name).write_bytes(path.read_bytes()[:100_000])
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(AssetError, match="damaged"):
        FaceAlignmentDetector("sfd")


class _Command:
    def __reduce__(self):
        return (print, ("this must never be printed",))


def test_weights_never_run_code(weights, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (folder / "2DFAN4-11f355bf06.pth.tar").symlink_to(weights / "hub" / "checkpoints" / "2DFAN4-11f355bf06.pth.tar")
    torch.save({"x": _Command()}, folder / "s3fd-619a316812.pth")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(AssetError):
        FaceAlignmentDetector("sfd")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("sent", "arrives"), [(b"x" * 3_000_000, True), (b"x" * 1000, False)])
def test_a_download_arrives_whole_or_not_at_all(tmp_path, sent, arrives):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "3000000")
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        address, path = f"http://127.0.0.1:{server.server_port}/weights", tmp_path / "weights"
        if arrives:
            face_alignment_detector._download(address, path)
            assert path.read_bytes() == sent
        else:
            with pytest.raises(OSError, match=r"broke off|IncompleteRead"):
                face_alignment_detector._download(address, path)
        server.shutdown()
    assert [file.name for file in tmp_path.iterdir()] == (["weights"] if arrives else [])


def test_five_of_68():
    """The scheme's own mean positions: the subject's right eye, seen on the left, comes first."""
    points = np.zeros((68, 2))
    points[36:42] = [(0, 1), (1, 0), (2, 0), (3, 1), (2, 2), (1, 2)]
    points[42:48] = points[36:42] + np.array([10, 0])
    points[30], points[48], points[54] = (6, 5), (2, 8), (11, 9)
    assert five_of_68(points).tolist() == [[1.5, 1], [11.5, 1], [6, 5], [2, 8], [11, 9]]


def test_an_unknown_detector():
    with pytest.raises(UnknownNameError, match="retinaface"):
        load_detector("retina")
