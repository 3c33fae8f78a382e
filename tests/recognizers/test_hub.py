"""Loading from a stand-in for the Hugging Face Hub on the loopback."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlparse

import pytest
import torch
from safetensors.torch import save_file

from hyperface import recognizers
from hyperface.errors import CheckpointError, UnknownNameError
from hyperface.hub import RELEASED, HubName, Repository, download
from hyperface.recognizers.backbones import build_backbone
from hyperface.recognizers.checkpoints import save_backbone


def commit(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()


@dataclass
class StandIn:
    """repos: name → revision → file → content. main is the newest revision. asked: what was requested, in order."""

    repos: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    closed: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, method: str, path: str) -> tuple[int, dict[str, str], bytes]:
        self.asked.append(f"{method} {path}")
        parts = path.strip("/").split("/")
        listing = parts[:2] == ["api", "models"]
        if listing:
            parts = parts[2:]
        repo, file = "/".join(parts[:2]), "/".join(parts[4:])
        kind, revision = parts[2:4] if len(parts) > 2 else ("revision", "main")
        if repo in self.closed:
            return 403, {"X-Error-Code": "GatedRepo"}, b""
        if repo not in self.repos:
            return 401, {"X-Error-Code": "RepoNotFound"}, b""
        versions = self.repos[repo]
        name = next((name for name in versions if revision in (name, commit(name))), None)
        if name is None:
            return 404, {"X-Error-Code": "RevisionNotFound"}, b""
        files = versions[name]
        if kind == "revision":
            info = {"id": repo, "sha": commit(name), "siblings": [{"rfilename": file} for file in files]}
            return 200, {"Content-Type": "application/json"}, json.dumps(info).encode()
        assert kind == "resolve"
        if file not in files:
            return 404, {"X-Error-Code": "EntryNotFound", "X-Repo-Commit": commit(name)}, b""
        etag = hashlib.sha256(files[file]).hexdigest()
        return 200, {"X-Repo-Commit": commit(name), "ETag": f'"{etag}"'}, files[file]


@pytest.fixture
def hub(monkeypatch, tmp_path):
    """A hub with nothing on it, and an empty cache."""
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            status, headers, body = stand_in.answer(self.command, unquote(urlparse(self.path).path))
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_HEAD = reply  # noqa: N815

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    set_offline(monkeypatch, False)  # whatever HF_HUB_OFFLINE says where the tests run
    yield stand_in
    server.shutdown()
    server.server_close()


def set_offline(monkeypatch, offline: bool) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", offline)


def own_model(tmp_path: Path, seed: int) -> bytes:
    torch.manual_seed(seed)
    path = tmp_path / f"{seed}.safetensors"
    save_backbone(build_backbone("small", input_size=32, name="mine").eval(), path)
    return path.read_bytes()


def embedding(recognizer) -> torch.Tensor:
    with torch.inference_mode():
        return recognizer.embed(torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(5)))


def test_a_model_trained_here_is_downloaded_once_and_then_found_offline(hub, tmp_path, monkeypatch, capfd):
    hub.repos["someone/faces"] = {"main": {"README.md": b"#", "recognizer.safetensors": own_model(tmp_path, 0)}}
    monkeypatch.setenv("TQDM_POSITION", "-1")  # huggingface_hub's word for: show progress though this is no terminal
    first = recognizers.load("hf:someone/faces")
    assert first.card.name == f"hf:someone/faces/recognizer.safetensors@{commit('main')}"
    assert "recognizer.safetensors" in capfd.readouterr().err  # the progress bar
    downloads = [line for line in hub.asked if line.startswith("GET") and "resolve" in line]
    assert len(downloads) == 1
    recognizers.load("hf:someone/faces")
    assert [line for line in hub.asked if line.startswith("GET") and "resolve" in line] == downloads

    set_offline(monkeypatch, True)
    asked = len(hub.asked)
    offline = recognizers.load("hf:someone/faces")
    assert len(hub.asked) == asked
    assert offline.card == first.card
    torch.testing.assert_close(embedding(offline), embedding(first))
    torch.testing.assert_close(embedding(recognizers.load(first.card.name)), embedding(first))  # its name loads it
    with pytest.raises(CheckpointError, match="hf download someone/other"):
        recognizers.load("hf:someone/other")


def test_a_revision_is_pinned(hub, tmp_path):
    old, new = own_model(tmp_path, 1), own_model(tmp_path, 2)
    hub.repos["someone/faces"] = {"main": {"recognizer.safetensors": new}, "v1": {"recognizer.safetensors": old}}
    newest, first = recognizers.load("hf:someone/faces"), recognizers.load("hf:someone/faces@v1")
    pinned = recognizers.load(f"hf:someone/faces@{commit('v1')}")
    assert (embedding(newest) - embedding(first)).abs().max() > 0.01
    torch.testing.assert_close(embedding(pinned), embedding(first))
    assert first.card.name == pinned.card.name != newest.card.name
    with pytest.raises(UnknownNameError, match="no revision 'v9'"):
        recognizers.load("hf:someone/faces@v9")


def test_a_released_models_repository_may_hold_other_files(hub, tmp_path):
    files = {"HyperFace_10k_LDM.ckpt": b"not asked for", "small/mine.safetensors": own_model(tmp_path, 3)}
    hub.repos["Idiap/HyperFace-10k-LDM"] = {"main": files}
    loaded = recognizers.load("hf:idiap/hyperface-10k-ldm/small/mine.safetensors")
    assert loaded.card.name == f"hf:Idiap/HyperFace-10k-LDM/small/mine.safetensors@{commit('main')}"
    assert loaded.card.training_data == "not trained"  # what its own file says
    assert not any("ckpt" in asked for asked in hub.asked)


def test_what_is_no_recognizer_is_downloaded_by_the_same_names(hub):
    hub.repos["lab/faces"] = {"main": {"generator.gguf": b"weights", "judge.onnx": b"other"}, "v1": {"a.gguf": b"old"}}
    found = download("hf:lab/faces", suffixes=(".gguf",))
    assert (found.path.read_bytes(), found.file, found.released) == (b"weights", "generator.gguf", None)
    assert (found.name, found.licence) == (
        f"hf:lab/faces/generator.gguf@{commit('main')}",
        "as huggingface.co/lab/faces says",
    )
    assert download("hf:lab/faces/a.gguf@v1").path.read_bytes() == b"old"
    with pytest.raises(UnknownNameError, match=r"no file of weights \(looked for \.pth\)"):
        download("hf:lab/faces", suffixes=(".pth",))


@pytest.mark.slow
def test_the_released_models_by_name(hub, tmp_path, monkeypatch):
    """The files have the real ones' names and format; their network is a smaller one, to keep the test quick."""
    assert [model.repo for model in RELEASED.values()] == [
        "Idiap/HyperFace-10k-LDM",
        "Idiap/HyperFace-10k-StyleGAN",
        "Idiap/HyperFace-50k-StyleGAN",
        "DIAMONIK7777/antelopev2",
        "public-data/insightface",
        "FoivosPar/Arc2Face",
    ]
    assert [model.architecture for model in RELEASED.values()] == ["ir_50"] * 3 + [None] * 3
    torch.manual_seed(0)
    network = build_backbone("ir_18").eval()
    weights = {f"model.{name}": value for name, value in network.backbone.state_dict().items()}
    torch.save({"state_dict": weights, "epoch": 25}, tmp_path / "lightning.ckpt")
    hub.repos["Idiap/HyperFace-10k-LDM"] = {
        "main": {"HyperFace_10k_LDM.ckpt": (tmp_path / "lightning.ckpt").read_bytes()}
    }
    with pytest.raises(CheckpointError, match="does not fit the network ir_50"):
        recognizers.load("hyperface-10k-ldm")
    loaded = [
        recognizers.load(name, architecture="ir_18")
        for name in ("hyperface-10k-ldm", "hf:Idiap/HyperFace-10k-LDM", "hf:idiap/hyperface-10k-ldm@main")
    ]
    for recognizer in loaded:
        assert recognizer.card == loaded[0].card
        torch.testing.assert_close(embedding(recognizer), embedding(network))
    card = loaded[0].card
    assert card.name == f"hf:Idiap/HyperFace-10k-LDM@{commit('main')}"
    assert (card.dimension, card.input_size, card.color, card.licence) == (512, 112, "BGR", "MIT")
    assert "640,000 synthetic images of 10,000 identities" in card.training_data


@pytest.mark.parametrize(
    ("name", "repo", "file", "licence"),
    [
        ("antelopev2", "DIAMONIK7777/antelopev2", "glintr100.onnx", "non-commercial research only"),
        ("buffalo_l", "public-data/insightface", "models/buffalo_l/w600k_r50.onnx", "non-commercial research only"),
        ("arc2face-arcface", "FoivosPar/Arc2Face", "arcface.onnx", "for research"),
    ],
)
def test_arcface_by_name(hub, tmp_path, name, repo, file, licence):
    """The files have the real ones' names; their network is one that flattens pictures."""
    onnx = pytest.importorskip("onnx")
    kind, shape = onnx.TensorProto.FLOAT, ["n", 3, 112, 112]
    inputs, outputs = (
        [onnx.helper.make_tensor_value_info(entry, kind, sizes)]
        for entry, sizes in (("input.1", shape), ("features", ["n", 37_632]))
    )
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Flatten", ["input.1"], ["features"])], "flat", inputs, outputs
    )
    onnx.save(onnx.helper.make_model(graph), tmp_path / "flat.onnx")
    other = {"scrfd_10g_bnkps.onnx": b"", "encoder/pytorch_model.bin": b"weights of another network"}
    hub.repos[repo] = {"main": {**other, file: (tmp_path / "flat.onnx").read_bytes()}}
    loaded = recognizers.load(name)
    card = loaded.card
    assert loaded.differentiable
    assert card.name == f"hf:{repo}/{file}@{commit('main')}"
    assert recognizers.load(card.name).card == card
    assert licence in card.licence
    assert "photographs of people" in card.training_data
    assert (card.input_size, card.color) == (112, "RGB")
    # Another file of the same repository is nobody's word.
    assert download(f"hf:{repo}/encoder/pytorch_model.bin").licence == f"as huggingface.co/{repo} says"


def test_another_projects_weights_need_their_network_named(hub, tmp_path):
    original = build_backbone("small", input_size=64).eval()
    save_file(
        {f"net.{k}": v.contiguous() for k, v in original.backbone.state_dict().items()}, tmp_path / "x.safetensors"
    )
    hub.repos["lab/net"] = {"main": {"weights/x.safetensors": (tmp_path / "x.safetensors").read_bytes()}}
    with pytest.raises(CheckpointError, match="ir_50:hf:lab/net"):
        recognizers.load("hf:lab/net")
    for name in ("small:hf:lab/net", "small:hf:lab/net/weights/x.safetensors@main"):
        loaded = recognizers.load(name)
        torch.testing.assert_close(embedding(loaded), embedding(original))
        assert loaded.name == f"small:hf:lab/net/weights/x.safetensors@{commit('main')}"
        assert recognizers.load(loaded.name).card == loaded.card


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("hf:lab", UnknownNameError, "hf:owner/repository"),
        ("hf:lab/nothing", UnknownNameError, "no repository lab/nothing"),
        ("hf:lab/closed", CheckpointError, "accept its terms"),
        ("hf:lab/two", UnknownNameError, "several files of weights: a.pt, b.pt"),
        ("hf:lab/text", UnknownNameError, "no file of weights"),
        ("hf:lab/two/c.pt", UnknownNameError, "no file c.pt"),
        ("ir_18:hf:lab/two/a.pt", CheckpointError, "cannot be read as weights"),
    ],
)
def test_what_the_hub_does_not_give_is_said(hub, name, error, says):
    hub.repos["lab/two"] = {"main": {"a.pt": b"", "b.pt": b"x"}}
    hub.repos["lab/text"] = {"main": {"README.md": b"#"}}
    hub.closed.add("lab/closed")
    with pytest.raises(error, match=says):
        recognizers.load(name)


def test_a_hub_that_cannot_be_reached(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    for name in ("hyperface-50k-stylegan", "hf:lab/two"):
        with pytest.raises(CheckpointError, match="cannot be reached"):
            recognizers.load(name)


def test_names_are_taken_apart():
    assert HubName.parse("hf:a/b-c.d") == HubName("a/b-c.d", None, None)
    assert HubName.parse("hf:a/b/c/d.pt@v1") == HubName("a/b", "c/d.pt", "v1")
    for wrong in ("hf:", "hf:a", "hf:a/b@", "hf:a/b c", "a/b"):
        with pytest.raises(UnknownNameError):
            HubName.parse(wrong)


def test_a_repository_of_several_files_is_of_one_commit(hub, monkeypatch):
    first, second = {"unet/config.json": b"1", "vae/config.json": b"2"}, {"unet/config.json": b"3"}
    hub.repos["a/parts"] = {"one": first, "two": second}
    parts = Repository("hf:a/parts@one")
    assert (parts.name, parts.commit) == (f"hf:a/parts@{commit('one')}", commit("one"))
    assert parts.names == ("unet/config.json", "vae/config.json")
    assert parts.file("unet/config.json").read_bytes() == b"1"
    assert not parts.may_have("elsewhere")
    assert Repository("hf:a/parts@two").file("unet/config.json").read_bytes() == b"3"
    set_offline(monkeypatch, True)
    kept = Repository("hf:a/parts@one")
    assert kept.names == ("unet/config.json",)
    assert kept.file("unet/config.json").read_bytes() == b"1"
    assert kept.may_have("elsewhere")
    with pytest.raises(UnknownNameError, match="names one file"):
        Repository("hf:a/parts/unet/config.json")
