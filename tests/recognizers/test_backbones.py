import argparse
import pickle
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from hyperface import recognizers
from hyperface.errors import CheckpointError, DeviceError, InputError, UnknownNameError
from hyperface.hardware import has_fast_bfloat16
from hyperface.recognizers.backbones import ARCHITECTURES, build_backbone
from hyperface.recognizers.checkpoints import save_backbone
from hyperface.recognizers.iresnet import EveryPixel


def parameters(network) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


@pytest.mark.slow
def test_sizes_are_the_published_ones():
    """AdaFace's own counts, in millions; MobileFaceNet's paper says 0.99 with 128 numbers out."""
    for name, millions in (("ir_18", 24.0), ("ir_50", 43.6), ("ir_100", 65.2), ("small", 1.05)):
        assert parameters(build_backbone(name).backbone) / 1e6 == pytest.approx(millions, abs=0.06)


@pytest.mark.slow
def test_parameter_names_are_adafaces():
    names = set(build_backbone("ir_18").backbone.state_dict())
    for name in (
        "input_layer.0.weight",
        "input_layer.2.weight",
        "body.0.res_layer.1.weight",
        "body.2.shortcut_layer.0.weight",
        "body.2.shortcut_layer.1.running_var",
        "body.7.res_layer.5.bias",
        "output_layer.0.weight",
        "output_layer.3.weight",
        "output_layer.4.running_mean",
    ):
        assert name in names
    assert "body.0.shortcut_layer.0.weight" not in names
    assert "output_layer.4.weight" not in names
    assert "body.0.res_layer.se_block.fc1.weight" in build_backbone("ir_se_50").backbone.state_dict()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["small", "ir_18"])
def test_every_input_size_gives_unit_embeddings(name):
    for size in (32, 64):
        recognizer = build_backbone(name, input_size=size).eval()
        with torch.inference_mode():
            embeddings = recognizer.embed(torch.rand(2, 3, 112, 112))
        assert embeddings.shape == (2, ARCHITECTURES[name].dimension)
        torch.testing.assert_close(embeddings.norm(dim=1), torch.ones(2))


def test_adaface_networks_get_blue_first_between_minus_one_and_one():
    recognizer = build_backbone("ir_18", input_size=112).eval()
    images = torch.rand(1, 3, 112, 112)
    with torch.inference_mode():
        expected = recognizer.backbone((images[:, [2, 1, 0]] * 255 / 255 - 0.5) / 0.5)
        torch.testing.assert_close(recognizer.features(images), expected)


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "model.", "model.net.", "module."])
@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".ckpt"])
def test_weights_of_other_projects_load(tmp_path, prefix, suffix):
    original = build_backbone("small", input_size=32).eval()
    weights = {prefix + name: value.contiguous() for name, value in original.backbone.state_dict().items()}
    if prefix:
        weights["head.kernel"] = torch.zeros(3)  # what a Lightning file also holds
    path = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        save_file(weights, path)
    else:
        torch.save({"state_dict": weights, "epoch": 3} if suffix == ".ckpt" else weights, path)
    loaded = recognizers.load("small", checkpoint=path, input_size=32)
    images = torch.rand(2, 3, 112, 112)
    with torch.inference_mode():
        torch.testing.assert_close(loaded.embed(images), original.embed(images))
    assert not loaded.training


def test_what_does_not_fit_is_named(tmp_path):
    weights = build_backbone("small", input_size=32).backbone.state_dict()
    weights["pool.0.weight"] = torch.zeros(1, 1, 1, 1)
    weights["surprise"] = torch.zeros(1)
    del weights["output.1.weight"]
    path = tmp_path / "weights.pt"
    torch.save(weights, path)
    with pytest.raises(CheckpointError) as raised:
        recognizers.load("small", checkpoint=path, input_size=32)
    for part in ("1 missing: output.1.weight", "1 unexpected: surprise", "pool.0.weight (1, 1, 1, 1) instead of"):
        assert part in str(raised.value)


class _Command:
    def __reduce__(self):
        return (print, ("this must never be printed",))


class _Callback:
    """What Lightning's old files have as keys: classes of the trainer."""


class _Options(dict):
    """What they keep a training's options in."""


def test_what_trainers_put_beside_the_weights_is_passed_over_and_never_run(tmp_path, capsys):
    original = build_backbone("small", input_size=32).eval()
    path = tmp_path / "lightning.ckpt"
    options = _Options(lr=0.1)
    options.frozen = True
    content = {
        "pytorch-lightning_version": "1.4.4",
        "callbacks": {_Callback: {"best_model_score": torch.tensor(0.9), "best": np.float64(0.9)}},
        "hyper_parameters": options,
        "args": argparse.Namespace(head="adaface"),
        "command": _Command(),
        "state_dict": {f"model.{name}": value for name, value in original.backbone.state_dict().items()},
    }
    torch.save(content, path)
    loaded = recognizers.load("small", checkpoint=path, input_size=32)
    assert capsys.readouterr().out == ""
    images = torch.rand(2, 3, 112, 112)
    with torch.inference_mode():
        torch.testing.assert_close(loaded.embed(images), original.embed(images))
    assert torch.load(path, weights_only=False)["args"].head == "adaface"  # the classes themselves are as they were
    assert "must never" in capsys.readouterr().out  # which unrestrained loading shows


@pytest.mark.parametrize("command", [_Command(), [_Command()], {"weight": _Command()}])
def test_a_file_never_runs_code(tmp_path, capsys, command):
    path = tmp_path / "weights.pt"
    torch.save({"state_dict": command}, path)
    with pytest.raises(CheckpointError):
        recognizers.load("small", checkpoint=path)
    assert capsys.readouterr().out == ""
    path.write_bytes(pickle.dumps({"state_dict": command}, protocol=2))  # no file of torch's at all
    with pytest.raises(CheckpointError, match="cannot be read"):
        recognizers.load("small", checkpoint=path)
    assert capsys.readouterr().out == ""


def test_bad_files_and_names(tmp_path):
    recognizer = build_backbone("small", input_size=32, name="mine")
    path = tmp_path / "mine.safetensors"
    save_backbone(recognizer, path)
    card = recognizers.load(path).card
    assert card.name.startswith("mine#")
    assert replace(card, name="mine") == recognizer.card
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(CheckpointError):
        recognizers.load(path)
    save_file({"x": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="which network"):
        recognizers.load(path)
    with pytest.raises(UnknownNameError):
        build_backbone("huge")
    with pytest.raises(InputError, match="multiple of 16"):
        build_backbone("small", input_size=40)


def test_two_files_of_one_name_are_told_apart_and_colors_can_be_declared(tmp_path):
    names, images = [], torch.rand(2, 3, 112, 112)
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        path = tmp_path / folder / "last.ckpt"
        torch.save({"state_dict": build_backbone("small", input_size=32).backbone.state_dict()}, path)
        plain = recognizers.load(f"small:{path}", input_size=32)
        turned = recognizers.load("small", checkpoint=path, input_size=32, color="BGR")
        assert (plain.card.color, turned.card.color) == ("RGB", "BGR")
        with torch.inference_mode():
            torch.testing.assert_close(turned.embed(images), plain.embed(images.flip(1)))
        names.append(plain.name)
    assert names[0] != names[1]
    for name, says in ((path, "small:"), ("ir_50", "ir_50:<file>")):
        with pytest.raises(UnknownNameError, match=says):
            recognizers.load(name)


def test_precision_and_device():
    recognizer = build_backbone("ir_18", input_size=32).eval()
    images = torch.rand(4, 3, 112, 112)
    with torch.inference_mode():
        exact = recognizer.embed(images)
        half = recognizer.prepare(precision="bfloat16").embed(images)
        assert half.dtype == torch.float32
        assert (half - exact).abs().max() > 0
        assert (half * exact).sum(dim=1).min() > 0.99
        torch.testing.assert_close(recognizer.prepare(precision="float32").embed(images), exact)
    fast = has_fast_bfloat16(torch.device("cpu"))
    assert build_backbone("small").prepare(precision="fastest").uses_bfloat16 == fast
    with pytest.raises(InputError, match="float32, bfloat16"):
        recognizer.prepare(precision="float8")
    for device in ("cuda:99", "abacus"):
        with pytest.raises(DeviceError, match="Use 'cpu'"):
            recognizer.prepare(device=device)


@pytest.mark.parametrize("stride", [1, 2])
def test_shortcuts_take_what_the_originals_pooling_takes(stride):
    images = torch.randn(2, 3, 8, 6)
    assert torch.equal(EveryPixel(stride)(images), torch.nn.MaxPool2d(1, stride)(images))
    assert EveryPixel(stride).state_dict() == {}
