"""The lines of the models' cards, against AdaFace's network written out naively from its parameter names."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from hyperface.errors import CheckpointError, InputError, NoFaceError, PhotoError, UnknownNameError
from hyperface.generators import load_gallery_generator
from hyperface.images import to_uint8

STAGES = {"ir_18": (2, 2, 2, 2), "ir_50": (3, 4, 14, 3)}


def published_weights(stages, *, squeeze: bool = False) -> dict[str, torch.Tensor]:
    """A state dictionary with the names and shapes of AdaFace's checkpoints, random but trained-like in scale."""
    generator = torch.Generator().manual_seed(0)
    weights: dict[str, torch.Tensor] = {}

    def normal(*shape: int, scale: float = 1.0) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * scale

    def convolution(name: str, outputs: int, inputs: int, size: int) -> None:
        weights[f"{name}.weight"] = normal(outputs, inputs, size, size, scale=(inputs * size * size) ** -0.5)

    def normalization(name: str, channels: int, *, affine: bool = True) -> None:
        if affine:
            weights[f"{name}.weight"] = 1 + normal(channels, scale=0.1)
            weights[f"{name}.bias"] = normal(channels, scale=0.1)
        weights[f"{name}.running_mean"] = normal(channels, scale=0.1)
        weights[f"{name}.running_var"] = 1 + normal(channels, scale=0.1).abs()
        weights[f"{name}.num_batches_tracked"] = torch.tensor(7)

    def slopes(name: str, channels: int) -> None:
        weights[f"{name}.weight"] = 0.25 + normal(channels, scale=0.05)

    convolution("input_layer.0", 64, 3, 3)
    normalization("input_layer.1", 64)
    slopes("input_layer.2", 64)
    inputs, unit = 64, 0
    for outputs, count in zip((64, 128, 256, 512), stages, strict=True):
        for _ in range(count):
            body = f"body.{unit}"
            if inputs != outputs:
                convolution(f"{body}.shortcut_layer.0", outputs, inputs, 1)
                normalization(f"{body}.shortcut_layer.1", outputs)
            normalization(f"{body}.res_layer.0", inputs)
            convolution(f"{body}.res_layer.1", outputs, inputs, 3)
            normalization(f"{body}.res_layer.2", outputs)
            slopes(f"{body}.res_layer.3", outputs)
            convolution(f"{body}.res_layer.4", outputs, outputs, 3)
            normalization(f"{body}.res_layer.5", outputs)
            if squeeze:
                convolution(f"{body}.res_layer.se_block.fc1", outputs // 16, outputs, 1)
                convolution(f"{body}.res_layer.se_block.fc2", outputs, outputs // 16, 1)
            inputs, unit = outputs, unit + 1
    normalization("output_layer.0", 512)
    weights["output_layer.3.weight"] = normal(512, 512 * 49, scale=(512 * 49) ** -0.5)
    weights["output_layer.3.bias"] = normal(512, scale=0.1)
    normalization("output_layer.4", 512, affine=False)
    return weights


def naive_features(weights: dict[str, torch.Tensor], stages, x: torch.Tensor) -> torch.Tensor:
    """AdaFace's forward pass, one call after the other."""

    def normalized(x: torch.Tensor, name: str) -> torch.Tensor:
        mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
        return F.batch_norm(x, mean, variance, weights.get(f"{name}.weight"), weights.get(f"{name}.bias"), eps=1e-5)

    x = F.conv2d(x, weights["input_layer.0.weight"], padding=1)
    x = F.prelu(normalized(x, "input_layer.1"), weights["input_layer.2.weight"])
    unit = 0
    for count in stages:
        for place in range(count):
            body, stride = f"body.{unit}", 2 if place == 0 else 1
            shortcut = x[:, :, ::stride, ::stride]
            if f"{body}.shortcut_layer.0.weight" in weights:
                shortcut = F.conv2d(shortcut, weights[f"{body}.shortcut_layer.0.weight"])
                shortcut = normalized(shortcut, f"{body}.shortcut_layer.1")
            x = F.conv2d(normalized(x, f"{body}.res_layer.0"), weights[f"{body}.res_layer.1.weight"], padding=1)
            x = F.prelu(normalized(x, f"{body}.res_layer.2"), weights[f"{body}.res_layer.3.weight"])
            x = F.conv2d(x, weights[f"{body}.res_layer.4.weight"], stride=stride, padding=1)
            x = normalized(x, f"{body}.res_layer.5")
            if f"{body}.res_layer.se_block.fc1.weight" in weights:
                gate = F.adaptive_avg_pool2d(x, 1)
                gate = F.relu(F.conv2d(gate, weights[f"{body}.res_layer.se_block.fc1.weight"]))
                x = x * torch.sigmoid(F.conv2d(gate, weights[f"{body}.res_layer.se_block.fc2.weight"]))
            x = x + shortcut
            unit += 1
    x = normalized(x, "output_layer.0").flatten(1)
    return normalized(x @ weights["output_layer.3.weight"].T + weights["output_layer.3.bias"], "output_layer.4")


@pytest.fixture(scope="module", params=["ir_18", "ir_50"])
def checkpoint(request, tmp_path_factory):
    """(architecture, Lightning file as AdaFace's trainer writes it, its weights)."""
    weights = published_weights(STAGES[request.param])
    content = {f"model.{name}": value for name, value in weights.items()}
    content["head.kernel"] = torch.zeros(512, 10)
    path = tmp_path_factory.mktemp("weights") / f"{request.param}.ckpt"
    torch.save({"epoch": 25, "global_step": 1, "state_dict": content, "optimizer_states": [{"lr": 0.1}]}, path)
    return request.param, path, weights


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    face = to_uint8(load_gallery_generator("dcgan").sample([30]))[0]
    path = tmp_path_factory.mktemp("photos") / "portrait.png"
    Image.fromarray(np.pad(face, ((60, 60), (60, 60), (0, 0)), mode="edge")).save(path)
    return path


@pytest.mark.slow
def test_the_cards_lines_work_with_two_import_lines_changed(checkpoint, photo):
    architecture, path, weights = checkpoint
    lines = f"""
from hyperface.adaface import align
from hyperface.adaface import load_pretrained_model, to_input
aligned_rgb_img = align.get_aligned_face(path)
bgr_input = to_input(aligned_rgb_img)
model = load_pretrained_model(checkpoint, architecture='{architecture}')
feature, _ = model(bgr_input)
"""
    names = {"path": str(photo), "checkpoint": str(path)}
    exec(lines, names)
    aligned, given, feature, norm = (names[name] for name in ("aligned_rgb_img", "bgr_input", "feature", "_"))
    assert (aligned.size, aligned.mode) == ((112, 112), "RGB")
    pixels = np.array(aligned)  # AdaFace's own preprocessing
    theirs = torch.tensor(((pixels[:, :, ::-1] / 255.0) - 0.5) / 0.5).permute(2, 0, 1)[None].float()
    torch.testing.assert_close(given, theirs, atol=1e-6, rtol=0)
    expected = naive_features(weights, STAGES[architecture], theirs)
    torch.testing.assert_close(feature, F.normalize(expected), atol=1e-5, rtol=0)
    torch.testing.assert_close(norm, expected.norm(dim=1, keepdim=True), rtol=1e-4, atol=0)


@pytest.mark.slow
def test_the_same_face_through_the_library_gives_the_same_embedding(checkpoint, photo):
    from hyperface import faces, recognizers
    from hyperface.adaface import align, load_pretrained_model, to_input

    architecture, path, _ = checkpoint
    recognizer = recognizers.load(f"{architecture}:{path}")
    assert recognizer.card.color == "BGR"
    assert recognizer.name.startswith(f"{path.stem}#")
    (face,) = faces.align(faces.load_photo(photo), max_faces=1)
    image = (face.image * 255).round() / 255  # as the aligned picture holds it
    with torch.inference_mode():
        feature, _ = load_pretrained_model(path, architecture)(to_input(align.get_aligned_face(photo)))
        torch.testing.assert_close(recognizer.embed(image[None]), feature, atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("architecture", "stages"), [("ir_se_50", (3, 4, 14, 3)), ("ir_34", (3, 4, 6, 3)), ("ir_101", (3, 13, 30, 3))]
)
def test_the_other_networks_give_the_originals_features(architecture, stages, tmp_path):
    from hyperface.adaface import load_pretrained_model

    weights = published_weights(stages, squeeze=architecture == "ir_se_50")
    torch.save({"state_dict": {f"model.{name}": value for name, value in weights.items()}}, tmp_path / "x.ckpt")
    x = torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        feature, norm = load_pretrained_model(tmp_path / "x.ckpt", architecture)(x)
        expected = naive_features(weights, stages, x)
    torch.testing.assert_close(feature, F.normalize(expected), atol=1e-5, rtol=0)
    torch.testing.assert_close(norm, expected.norm(dim=1, keepdim=True), rtol=1e-4, atol=0)


def test_a_photo_in_memory_will_do(photo):
    from hyperface.adaface import align

    with Image.open(photo) as picture:
        assert align.get_aligned_face(None, picture).tobytes() == align.get_aligned_face(photo).tobytes()


def test_what_cannot_work_is_said(tmp_path, photo):
    from hyperface.adaface import align, load_pretrained_model, to_input

    with pytest.raises(PhotoError):
        align.get_aligned_face(tmp_path / "nowhere.jpg")
    with pytest.raises(InputError, match="rgb_pil_image"):
        align.get_aligned_face(None)
    Image.new("RGB", (200, 200), "grey").save(tmp_path / "wall.png")
    with pytest.raises(NoFaceError):
        align.get_aligned_face(tmp_path / "wall.png")
    with pytest.raises(InputError, match="rgb_pil_image"):
        align.get_aligned_face(None)
    with pytest.raises(InputError, match="RGB image"):
        to_input(Image.new("L", (112, 112)))
    with pytest.raises(UnknownNameError, match="ir_5"):
        load_pretrained_model(tmp_path / "x.ckpt", architecture="ir_51")
    with pytest.raises(CheckpointError, match="cannot be read"):
        load_pretrained_model(tmp_path / "x.ckpt")
