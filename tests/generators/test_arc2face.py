"""Arc2Face against the original projection and diffusers' own sampling, on tiny random checkpoints in its layout."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import LCMScheduler
from safetensors.torch import save_file
from torch.nn import functional as F

from hyperface import generators
from hyperface.errors import CheckpointError, InputError, NoFaceError
from hyperface.faces import detectors
from hyperface.generators.lora import merge_adapter
from hyperface.seeds import seeded_normal

sys.path.insert(0, str(Path(__file__).parent))
from tiny_checkpoints import Anywhere, Nowhere, arc2face_folder, base_folder

REFERENCE = Path(__file__).parent / "reference" / "arc2face.json"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Arc2Face and its base, beside each other."""
    path = tmp_path_factory.mktemp("models")
    arc2face_folder(path / "arc2face")
    base_folder(path / "base")
    return path


@pytest.fixture(scope="module")
def loaded(folder):
    return load(folder)


@pytest.fixture(autouse=True)
def anywhere(monkeypatch):
    """Random pictures show no face: a detector that finds one in the middle of each."""
    monkeypatch.setitem(detectors.REGISTRY._loaders, "anywhere", Anywhere)
    detectors.load_detector.cache_clear()
    yield
    detectors.load_detector.cache_clear()


def load(folder: Path, **options):
    options = {"base": folder / "base", "steps": 2, "detector": "anywhere", **options}
    return generators.load("arc2face", weights=folder / "arc2face", **options)


def embeddings(count: int) -> torch.Tensor:
    rows = np.random.default_rng(7).standard_normal((count, 512)).astype(np.float32)
    return F.normalize(torch.from_numpy(rows), dim=1)


def test_conditions_are_those_of_the_original_in_any_batch(loaded):
    expected = json.loads(REFERENCE.read_text())
    found = loaded.condition(embeddings(2))
    assert found.shape == (2, 77, 512)
    torch.testing.assert_close(found[:, ::8, ::64], torch.tensor(expected["condition"]), atol=1e-5, rtol=0)
    empty = loaded.projection.empty(1)
    torch.testing.assert_close(empty[0, ::8, ::64], torch.tensor(expected["empty"]), atol=1e-5, rtol=0)


def test_conditions_have_a_gradient_and_want_unit_rows(loaded):
    rows = embeddings(1).requires_grad_()
    (gradient,) = torch.autograd.grad(loaded.condition(rows).square().sum(), rows)
    assert gradient.abs().max() > 0
    with pytest.raises(InputError, match="length 1; there is one of length 22"):
        loaded.condition(22 * embeddings(1))


def test_pictures_are_those_of_the_pipeline_of_diffusers(loaded):
    """The same noise through diffusers' own pipeline, given the conditions."""
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionPipeline

    rows, styles = embeddings(2), seeded_normal([3, 4], loaded.style_size)
    scheduler = DPMSolverMultistepScheduler.from_config(loaded.scheduler)
    pipeline = StableDiffusionPipeline(
        loaded.decoder, None, None, loaded.unet, scheduler, None, None, requires_safety_checker=False
    )
    pipeline.set_progress_bar_config(disable=True)
    expected = pipeline(
        prompt_embeds=loaded.condition(rows), negative_prompt_embeds=loaded.projection.empty(2),
        latents=styles.unflatten(1, loaded.code), num_inference_steps=2, guidance_scale=3.0, output_type="pt",
        height=loaded.code[1] * 8, width=loaded.code[1] * 8,
    ).images  # fmt: skip
    found = loaded.photographs(rows, [3, 4])
    size = expected.shape[-1]
    torch.testing.assert_close(found[..., :size, :size], expected, atol=1e-5, rtol=0)


def test_batches_change_no_picture(loaded):
    rows = embeddings(3)
    together = loaded.generate(rows, [5, 6, 7])
    assert together.shape == (3, 3, 112, 112)
    parted = loaded.generate(rows, [5, 6, 7], batch_size=1)
    # The last bits of a batch's sums may take a value over a step of the eight bits that faces are found in.
    torch.testing.assert_close(together, parted, atol=1 / 255 + 1e-5, rtol=0)
    assert ((together - parted).abs() > 1e-5).float().mean() < 0.01
    assert (together[0] - loaded.generate(rows[:1], [8])[0]).abs().mean() > 1e-3


def test_consistent_steps_are_the_schedulers_with_each_rows_own_noise(folder):
    loaded = load(folder, adapter=adapter(folder, load(folder).unet), steps=3)
    assert loaded.sampling.guidance == 1
    rows, styles = embeddings(1), seeded_normal([3], loaded.style_size)
    noise = styles.unflatten(1, (3, *loaded.code))
    scheduler = LCMScheduler.from_config(loaded.scheduler)
    scheduler.set_timesteps(3)
    codes = noise[:, 0]
    with torch.no_grad():
        condition = loaded.condition(rows)
        for number, moment in enumerate(scheduler.timesteps):
            predicted = loaded.unet(codes, moment, encoder_hidden_states=condition).sample
            drawn = noise[:, min(number + 1, 2)]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("diffusers.schedulers.scheduling_lcm.randn_tensor", lambda *_, given=drawn, **__: given)
                codes = scheduler.step(predicted, moment, codes).prev_sample
        expected = (loaded.decoder.decode(codes / loaded.scaling).sample / 2 + 0.5).clamp(0, 1)
    torch.testing.assert_close(loaded.photographs(rows, [3]), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(loaded.photographs(embeddings(2), [3, 9], batch_size=2)[:1], expected, atol=1e-4, rtol=0)


def adapter(folder: Path, unet: torch.nn.Module) -> Path:
    """A low-rank adapter by kohya's names, for a linear layer and a convolution."""
    generator = torch.Generator().manual_seed(0)
    state = {}
    for name in ("down_blocks.0.resnets.0.conv1", "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"):
        weight = unet.get_submodule(name).weight
        flat = f"lora_unet_{name.replace('.', '_')}"
        state[f"{flat}.lora_down.weight"] = 0.1 * torch.randn(4, *weight.shape[1:], generator=generator)
        state[f"{flat}.lora_up.weight"] = (
            torch.randn(len(weight), 4, *weight.shape[2:], generator=generator)[..., :1, :1]
            if weight.ndim == 4
            else torch.randn(len(weight), 4, generator=generator)
        )
        state[f"{flat}.alpha"] = torch.tensor(2.0)
    path = folder / "pytorch_lora_weights.safetensors"
    save_file({key: value.contiguous() for key, value in state.items()}, path)
    return path


def test_an_adapter_adds_its_product_to_the_weights(folder):
    name = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k"
    plain, merged = load(folder).unet, load(folder).unet
    path = adapter(folder, plain)
    assert merge_adapter(merged, path) == 2
    x = torch.randn(1, plain.get_submodule(name).in_features, generator=torch.Generator().manual_seed(1))
    from safetensors.torch import load_file

    parts = load_file(path)
    flat = f"lora_unet_{name.replace('.', '_')}"
    down, up = parts[f"{flat}.lora_down.weight"], parts[f"{flat}.lora_up.weight"]
    expected = plain.get_submodule(name)(x) + 2.0 / 4 * F.linear(F.linear(x, down), up)
    torch.testing.assert_close(merged.get_submodule(name)(x), expected, atol=1e-5, rtol=1e-5)
    conv = "down_blocks.0.resnets.0.conv1"
    flat = f"lora_unet_{conv.replace('.', '_')}"
    before, after = plain.get_submodule(conv), merged.get_submodule(conv)
    x = torch.randn(1, before.in_channels, 5, 5, generator=torch.Generator().manual_seed(2))
    both = F.conv2d(F.conv2d(x, parts[f"{flat}.lora_down.weight"], padding=1), parts[f"{flat}.lora_up.weight"])
    torch.testing.assert_close(after(x), before(x) + 0.5 * both, atol=1e-4, rtol=1e-4)
    save_file({"lora_unet_nowhere.lora_down.weight": torch.zeros(1, 1)}, folder / "wrong.safetensors")
    with pytest.raises(CheckpointError, match="nowhere"):
        merge_adapter(merged, folder / "wrong.safetensors")


def test_where_no_face_is_found_the_next_seed_is_tried(folder, monkeypatch):
    seen = []

    class Third(Anywhere):
        def detect(self, photo):
            seen.append(photo)
            return [] if len(seen) % 3 else super().detect(photo)

    monkeypatch.setitem(detectors.REGISTRY._loaders, "third", Third)
    monkeypatch.setattr("os.cpu_count", lambda: 1)  # one after the other, so that they can be counted
    generator = load(folder, detector="third")
    first = generator.generate(embeddings(1), [1])
    assert generator.notes() == {"pictures": 3, "without_face": 2}
    assert not np.array_equal(seen[0], seen[1])
    assert torch.equal(generator.generate(embeddings(1), [1]), first)
    monkeypatch.setitem(detectors.REGISTRY._loaders, "nowhere", Nowhere)
    with pytest.raises(NoFaceError, match=r"In 8 pictures of one request no face was found \(2 of 2 requests\)"):
        load(folder, detector="nowhere").generate(embeddings(2), [1, 2])


def test_guidance_may_lead_away_from_the_nearest_identity(folder, loaded):
    rows = embeddings(4)
    near = F.normalize(rows[0] + 0.1 * rows[1], dim=0)
    nearest = load(folder, negative="nearest")
    with pytest.raises(InputError, match="needs others"):
        nearest.photographs(rows[:1], [1])
    nearest.meet(torch.stack([rows[0], rows[2], near, rows[3]]))
    found = nearest.photographs(rows[:1], [1])
    loaded.projection.eval()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loaded, "_away", lambda asked: loaded.projection(near[None]))
        torch.testing.assert_close(found, loaded.photographs(rows[:1], [1]), atol=1e-5, rtol=0)
    assert (found - loaded.photographs(rows[:1], [1])).abs().max() > 1e-4


def test_in_half_precision_the_network_alone_is_rounded(folder):
    generator = load(folder).prepare(precision="bfloat16")
    assert next(generator.unet.parameters()).dtype == torch.bfloat16
    assert next(generator.decoder.parameters()).dtype == torch.float32
    pictures = generator.photographs(embeddings(1), [1])
    exact = load(folder).photographs(embeddings(1), [1])
    assert pictures.dtype == torch.float32
    assert 0 < (pictures - exact).abs().mean() < 0.05


def test_its_card_says_whose_embeddings_it_takes_and_how_it_draws(folder, loaded):
    (folder / "arc2face" / "arcface.onnx").write_bytes(b"a network")
    beside = load(folder)
    assert loaded.recognizer == "arcface"
    assert beside.recognizer.startswith("arcface#")
    assert beside.card.settings == "2 steps of DPM-Solver++, guidance 3 from empty"
    with pytest.raises(InputError, match="embeddings of the recogniser 'arcface'"):
        loaded.generate(torch.zeros(1, 128), [0])
    (folder / "arc2face" / "arcface.onnx").unlink()


@pytest.mark.parametrize(
    ("options", "match"),
    [({"steps": 0}, "1 to 1000 steps"), ({"guidance": 0.5}, "1 or more"), ({"negative": "far"}, "not from 'far'"),
     ({"half": "float8"}, "float8")],
)  # fmt: skip
def test_impossible_settings(folder, options, match):
    with pytest.raises(InputError, match=match):
        load(folder, **options)


def test_files_in_the_layouts_of_older_versions(folder, tmp_path, loaded):
    """Weights as .bin, CLIP's buffer of positions, attention by its names of 2022."""
    arc2face_folder(tmp_path / "arc2face", old=True)
    base_folder(tmp_path / "base", old=True)
    torch.testing.assert_close(load(tmp_path).photographs(embeddings(1), [1]), loaded.photographs(embeddings(1), [1]))


def test_files_that_are_missing_or_of_something_else(folder, tmp_path, monkeypatch):
    with pytest.raises(CheckpointError, match=r"the folder base has no arc2face/config.json"):
        generators.load("arc2face", weights=folder / "base", base=folder / "base")
    arc2face_folder(tmp_path)
    (tmp_path / "encoder" / "config.json").write_text('{"hidden_size": 512}')
    with pytest.raises(CheckpointError, match="no CLIP text model"):
        generators.load("arc2face", weights=tmp_path, base=folder / "base")
    path = tmp_path / "arc2face" / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "_class_name": "UNet2DModel"}))
    with pytest.raises(CheckpointError, match="is of a UNet2DModel"):
        generators.load("arc2face", weights=tmp_path, base=folder / "base")
    monkeypatch.setitem(sys.modules, "diffusers", None)
    with pytest.raises(CheckpointError, match="pip install"):
        generators.load("arc2face", weights=folder / "arc2face", base=folder / "base")
