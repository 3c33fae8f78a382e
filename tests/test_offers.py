"""What can be chosen on a machine is known without loading it, and what cannot says why in one sentence."""

import sys
from pathlib import Path

import pytest
import torch

from hyperface import generators, hardware, offers, rates, recognizers
from hyperface.defaults import PAIRS
from hyperface.errors import InputError
from hyperface.generators import arc2face, latent_diffusion, vec2face
from hyperface.hub import RELEASED, SCHEME
from hyperface.own_weights import files_called, own_weights
from hyperface.recognizers import BACKBONES

sys.path.insert(0, str(Path(__file__).parent / "generators"))
from tiny_checkpoints import arc2face_folder, base_folder, diffusion_folder, vec2face_file, write_recognizer

SHIPPED = [pair.generator for pair in PAIRS]


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine with an empty folder of weights, nothing in the hub's cache, and no GPU."""
    monkeypatch.setenv("HYPERFACE_WEIGHTS", str(tmp_path / "weights"))
    monkeypatch.setenv("HYPERFACE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(hardware, "gpu_missing", lambda: "There is no GPU.")
    (tmp_path / "weights").mkdir()
    return tmp_path / "weights"


@pytest.fixture
def gpu(monkeypatch):
    monkeypatch.setattr(hardware, "gpu_missing", lambda: "")
    monkeypatch.setattr(hardware, "device_title", lambda device: f"the {device}")


def named(found: list[offers.Offer]) -> dict[str, offers.Offer]:
    return {offer.name: offer for offer in found}


def test_all_that_is_registered_is_offered():
    assert set(named(offers.generators())) == set(generators.REGISTRY)
    assert set(named(offers.gallery_generators())) == set(generators.GALLERY_REGISTRY)
    assert set(named(offers.recognizers())) == set(recognizers.REGISTRY) - set(BACKBONES)


def test_where_weights_are_looked_for_is_where_they_are_loaded_from():
    known = {offer.name: offer.weights for offer in (*offers.GENERATORS, *offers.GALLERY_GENERATORS)}
    for name, default in (("vec2face", vec2face.DEFAULT), ("vec2face-plus", vec2face.PLUS)):
        (only,) = known[name]
        assert f"{SCHEME}{only.repo}/{only.files[0][0]}" == default
    assert [SCHEME + weights.repo for weights in known["arc2face"]] == [arc2face.DEFAULT, arc2face.BASE]
    assert [SCHEME + weights.repo for weights in known["diffusion"]] == [latent_diffusion.DEFAULT]


def test_what_ships_can_be_used_and_the_rest_says_what_is_missing():
    found = named(offers.generators())
    assert [name for name, offer in found.items() if offer.available] == SHIPPED
    assert "hf download BooBooWu/Vec2Face weights/vec2face_generator.pth" in found["vec2face"].missing
    assert "700 MB" in found["vec2face"].missing
    assert "hf download FoivosPar/Arc2Face arc2face/config.json" in found["arc2face"].missing
    assert "hf download stable-diffusion-v1-5/stable-diffusion-v1-5 vae/config.json" in found["arc2face"].missing
    galleries = named(offers.gallery_generators())
    assert "put yours in the folder that HYPERFACE_WEIGHTS names, as stylegan.pkl" in galleries["stylegan"].missing
    seen = named(offers.recognizers())
    assert "hf download DIAMONIK7777/antelopev2 glintr100.onnx" in seen["antelopev2"].missing
    assert seen["antelopev2"].licence == RELEASED["antelopev2"].licence
    for offer in (*found.values(), *galleries.values(), *seen.values()):
        assert offer.missing == "" or offer.missing.endswith(".")
        assert offer.licence in offer.label


def test_a_package_that_is_missing_is_said_first(monkeypatch):
    find = offers.importlib.util.find_spec
    monkeypatch.setattr(offers.importlib.util, "find_spec", lambda name: None if name == "diffusers" else find(name))
    missing = named(offers.generators())["arc2face"].missing
    assert missing.startswith('It needs the package diffusers: pip install "diffusers')


def test_weights_in_the_folder_can_be_used(machine):
    path = vec2face_file(machine / "vec2face")
    assert own_weights("vec2face") == machine / "vec2face"
    offer = named(offers.generators())["vec2face"]
    assert offer.available
    assert offer.size == path.stat().st_size
    assert offer.rate == rates.drawing_rate("vec2face", "cpu")
    made = generators.load("vec2face")
    assert made.card.source == "the folder vec2face"
    assert offers.drawn_by("vec2face") == made.recognizer == "arcface-r100-glint360k"
    torch.save({}, machine / "vec2face" / "weights" / "arcface-r100-glint360k.pth")
    assert offers.drawn_by("vec2face") == generators.load("vec2face").recognizer != made.recognizer


def test_a_picture_that_takes_minutes_without_a_gpu_is_not_offered(machine, monkeypatch):
    arc2face_folder(machine / "arc2face")
    write_recognizer(machine / "arc2face" / "arcface.onnx")
    base_folder(machine / "stable-diffusion-v1-5")
    offer = named(offers.generators())["arc2face"]
    assert offer.missing == "It needs a GPU: without one, a picture takes about 7 minutes."
    assert named(offers.generators("cuda"))["arc2face"].available
    made = generators.load("arc2face", detector="dlib")
    assert offers.drawn_by("arc2face") == made.recognizer
    assert recognizers.load(made.recognizer).name == made.recognizer  # found again by its file and digest
    rates.remember_rate("arc2face", "cpu", 3.0)
    offer = named(offers.generators())["arc2face"]
    assert offer.available
    assert "3 seconds a picture" in offer.label


def test_a_gallerys_weights_in_the_folder(machine):
    diffusion_folder(machine / "diffusion")
    assert offers.DIFFUSION.found()
    (machine / "diffusion" / "vqvae" / "config.json").unlink()
    assert not offers.DIFFUSION.found()


def test_a_recognizer_is_found_by_the_name_of_its_public_file(machine):
    (machine / "anywhere").mkdir()
    write_recognizer(machine / "anywhere" / "glintr100.onnx")
    assert files_called("glintr100") == [machine / "anywhere" / "glintr100.onnx"]
    assert named(offers.recognizers())["antelopev2"].available
    made = recognizers.load("antelopev2")
    assert made.card.licence == RELEASED["antelopev2"].licence
    assert made.name.startswith("glintr100#")
    assert recognizers.load(made.name).name == made.name


def test_weights_in_the_hubs_cache_can_be_used(tmp_path):
    commit = "0" * 40
    folder = tmp_path / "hub" / "models--BooBooWu--Vec2Face"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text(commit)
    file = folder / "snapshots" / commit / "weights" / "vec2face_generator.pth"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"12345")
    offer = named(offers.generators())["vec2face"]
    assert offer.available
    assert offer.size == 5
    name = f"iresnet100:hf:BooBooWu/Vec2Face/weights/arcface-r100-glint360k.pth@{commit}"
    assert offers.drawn_by("vec2face") == name
    missing = offers.recognizer_missing(name)
    assert f"hf download BooBooWu/Vec2Face weights/arcface-r100-glint360k.pth --revision {commit}" in missing
    (file.parent / "arcface-r100-glint360k.pth").write_bytes(b"")
    assert offers.recognizer_missing(name) == ""
    assert offers.recognizer_missing("dlib") == ""


def test_devices(gpu, monkeypatch):
    cpu, cuda = offers.devices()
    assert cpu.available
    assert (cuda.title, cuda.available) == ("the cuda", True)
    assert hardware.usual_device() == "cuda"
    monkeypatch.setattr(hardware, "gpu_missing", lambda: "There is no GPU.")
    _, cuda = offers.devices()
    assert cuda.missing == "There is no GPU."
    assert hardware.usual_device() == "cpu"


def test_what_a_machine_lacks_of_a_gpu_is_said(monkeypatch):
    monkeypatch.undo()
    if torch.cuda.is_available():
        assert hardware.gpu_missing() == ""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    assert "built for CPUs alone" in hardware.gpu_missing()
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    assert "finds no GPU" in hardware.gpu_missing()


def test_choosing_what_is_missing_is_an_error_that_says_why():
    offers.check_offered(offers.generators(), SHIPPED[0])
    with pytest.raises(InputError, match=r"Vec2Face cannot be used here\. Its weights"):
        offers.check_offered(offers.generators(), "vec2face")
    with pytest.raises(InputError, match="There is no 'nobody' to choose: it is one of heads, gan"):
        offers.check_offered(offers.generators(), "nobody")
