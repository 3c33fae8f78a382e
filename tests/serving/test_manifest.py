"""Installing the app from a browser: what the server that a user starts says of itself."""

import io
import json
from urllib.parse import urljoin

import numpy as np
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from hyperface.serving.manifest import manifest_routes


def get(client: TestClient, path: str) -> bytes:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content


def test_what_browsers_ask_for_is_there_and_every_icon_has_the_size_it_says():
    client = TestClient(Starlette(routes=manifest_routes()))
    told = json.loads(get(client, "/manifest.json"))
    assert {"name", "short_name", "start_url", "display", "theme_color", "background_color"} <= told.keys()
    assert {(one["sizes"], one["purpose"]) for one in told["icons"]} >= {
        ("192x192", "any"), ("512x512", "any"), ("512x512", "maskable"),
    }  # fmt: skip
    for one in told["icons"]:
        image = Image.open(io.BytesIO(get(client, urljoin("/manifest.json", one["src"]))))
        assert (f"{image.width}x{image.height}", image.get_format_mimetype()) == (one["sizes"], one["type"])
        drawn = np.asarray(image.convert("RGBA"))
        ground = drawn[0, 0]
        rows, columns = np.nonzero((drawn != ground).any(axis=2))
        away = np.hypot(rows - image.height / 2 + 0.5, columns - image.width / 2 + 0.5).max() / image.width
        assert away < (0.4 if one["purpose"] == "maskable" else 0.5)  # the circle that no mask cuts off
