"""A stand-in for the Hugging Face Hub on loopback, which speaks the part of its language that uploads need."""

import base64
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

ABSENT = {"X-Error-Code": "RepoNotFound"}  # by which the Hub's client tells it from other refusals
LARGE = (".bin", ".npy", ".npz", ".safetensors")  # of the patterns that a new repository begins with
# The Hub's client hands large files over the way that its HTTP library had before.
OLD_WAY = "ignore:Use 'content=<...>' to upload raw bytes:DeprecationWarning"


@dataclass
class StandIn:
    """repos: name → file → content. private: of the repositories made. tokens: that came along with every change.
    made: what was asked for when each was made. commits: how many of each. large: of the files that went to the storage
    for large ones, by their SHA-256. status: of every answer, where it refuses."""

    repos: dict[str, dict[str, bytes]] = field(default_factory=dict)
    private: dict[str, bool] = field(default_factory=dict)
    made: dict[str, dict] = field(default_factory=dict)
    commits: dict[str, int] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    large: dict[str, bytes] = field(default_factory=dict)
    refuses: bool = False
    status: int = 403
    url: str = ""

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, object]:
        if self.refuses and (self.status == 403 or path.endswith("create")):
            return self.status, {"error": "no"}
        parts = path.partition("?")[0].strip("/").split("/")
        if parts[:3] == ["api", "repos", "create"]:
            return self._made(json.loads(body))
        if parts[-1] == "validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if parts[-2:] == ["objects", "batch"]:
            objects = [
                {**each, "actions": {"upload": {"href": f"{self.url}/large/{each['oid']}"}}}
                for each in json.loads(body)["objects"]
            ]
            return 200, {"objects": objects, "transfer": "basic"}
        if parts[0] == "large":
            self.large[parts[1]] = body
            return 200, {}
        name, action = "/".join(parts[2:4]), parts[4] if len(parts) > 4 else ""
        if name not in self.repos:
            return 404, {"error": "Repository not found"}
        if action == "preupload":
            told = [
                {"path": file["path"], "uploadMode": self._mode(file), "shouldIgnore": False}
                for file in json.loads(body)["files"]
            ]
            return 200, {"files": told}
        if action == "commit":
            return self._committed(name, body, parts[1])
        if method == "GET":
            siblings = [{"rfilename": file} for file in self.repos.get(name, {})]
            return 200, {"id": name, "sha": "0" * 40, "siblings": siblings, "private": False}
        return 404, {"error": path}

    def _made(self, wanted: dict) -> tuple[int, object]:
        name = f"{wanted.get('organization') or 'me'}/{wanted['name']}"
        known = name in self.repos
        self.repos.setdefault(name, {})
        self.private.setdefault(name, bool(wanted.get("private") or wanted.get("visibility") == "private"))
        self.made.setdefault(name, wanted)
        return (409 if known else 200), {"url": f"{self.url}/{wanted.get('type', 'model')}s/{name}"}

    def _mode(self, file: dict) -> str:
        """What is not text is taken into the storage for large files alone, and what is named as if it were not."""
        if file["path"].endswith(LARGE):
            return "lfs"
        try:
            base64.b64decode(file["sample"]).decode()
        except UnicodeDecodeError as error:
            return "regular" if error.reason == "unexpected end of data" else "lfs"
        return "regular"

    def _committed(self, name: str, body: bytes, kind: str) -> tuple[int, object]:
        files = self.repos[name]
        for line in body.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                files[value["path"]] = self.large[value["oid"]]
            elif entry["key"] == "deletedFile":
                del files[value["path"]]
        self.commits[name] = self.commits.get(name, 0) + 1
        return 200, {"commitUrl": f"{self.url}/{kind}/{name}/commit/abc", "commitOid": "abc", "success": True}


def serving(monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    """A hub that the environment names, for a fixture to yield from."""
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
            for name, value in ABSENT.items() if status == 404 else ():
                self.send_header(name, value)
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

        do_GET = do_POST = do_PUT = reply  # noqa: N815

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
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # large files by Git's protocol, which is spoken here
    yield stand_in
    server.shutdown()
    server.server_close()
