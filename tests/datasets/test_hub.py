"""Uploading, against a stand-in hub on loopback that speaks the part of its language that a dataset needs."""

import base64
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from hyperface import datasets
from hyperface.cli import main
from hyperface.errors import DatasetError, InputError


@dataclass
class StandIn:
    """repos: name → file → content. private: of the repositories made. tokens: that came along with every change."""

    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    refuses: bool = False
    url: str = ""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        if self.refuses:
            return 403, {"error": "no write access"}
        parts = path.partition("?")[0].strip("/").split("/")
        if parts[:3] == ["api", "repos", "create"]:
            wanted = json.loads(body)
            name = f"{wanted.get('organization') or 'me'}/{wanted['name']}"
            known = name in self.repos
            self.repos.setdefault(name, {})
            self.private.setdefault(name, bool(wanted.get("private") or wanted.get("visibility") == "private"))
            return (409 if known else 200), {"url": f"{self.url}/datasets/{name}"}
        if parts[-1] == "validate-yaml":
            return 200, {"errors": [], "warnings": []}
        name, action = "/".join(parts[2:4]), parts[4] if len(parts) > 4 else ""
        if action == "preupload":
            files = json.loads(body)["files"]
            told = [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False} for file in files]
            return 200, {"files": told}
        if action == "commit":
            for line in body.decode().splitlines():
                entry = json.loads(line)
                if entry["key"] == "file":
                    self.repos[name][entry["value"]["path"]] = base64.b64decode(entry["value"]["content"])
            return 200, {"commitUrl": f"{self.url}/datasets/{name}/commit/abc", "commitOid": "abc", "success": True}
        if method == "GET":
            siblings = [{"rfilename": file} for file in self.repos.get(name, {})]
            return 200, {"id": name, "sha": "0" * 40, "siblings": siblings, "private": False}
        return 404, {"error": path}


@pytest.fixture
def hub(monkeypatch):
    stand_in = StandIn()

    class Handler(BaseHTTPRequestHandler):
        def reply(self) -> None:
            if self.path.endswith("create") or "/commit/" in self.path:
                stand_in.tokens.add(self.headers.get("Authorization", ""))
            status, content = stand_in.answer(self.command, self.path, self._body())
            text = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = []
            while size := int(self.rfile.readline(), 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        do_GET = do_POST = reply  # noqa: N815

        def log_message(self, *_) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    stand_in.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setenv("HF_ENDPOINT", stand_in.url)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)  # whatever the variable says where the tests run
    yield stand_in
    server.shutdown()
    server.server_close()


def test_a_set_arrives_whole_with_its_card(hub, source, tmp_path, capsys):
    out = tmp_path / "written"
    options = ["--to", "parquet", "--output", str(out), "--push-to-hub", "me/faces", "--private"]
    assert main(["dataset", str(source.path), *options]) == 0
    written = {path.relative_to(out).as_posix(): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert hub.repos["me/faces"] == written
    assert {"README.md", "dataset.json"} < set(written)
    assert hub.private["me/faces"]
    assert hub.tokens == {"Bearer hf_secret"}
    assert f"{hub.url}/datasets/me/faces/commit/abc" in capsys.readouterr().out
    assert datasets.push_to_hub(out, "me/faces").endswith("abc")  # again: the repository is there


def test_what_the_hub_refuses_and_does_not_hear_is_told(hub, source, monkeypatch):
    hub.refuses = True
    with pytest.raises(DatasetError, match=r"does not let you write to me/faces.*HF_TOKEN"):
        datasets.push_to_hub(source.path, "me/faces")
    with pytest.raises(InputError, match="owner/name"):
        datasets.push_to_hub(source.path, "a/b/c")
    with pytest.raises(InputError, match="not a folder"):
        datasets.push_to_hub(source.path / "none", "me/faces")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nobody listens there
    with pytest.raises(DatasetError, match="cannot be reached"):
        datasets.push_to_hub(source.path, "me/faces")
