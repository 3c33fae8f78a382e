"""The app that a user starts can be installed from a browser; tests/serving/test_manifest.py looks at what it says."""

import json
import urllib.request
from urllib.parse import urljoin


def test_the_running_app_serves_ours_and_not_the_frameworks(app_url):
    with urllib.request.urlopen(f"{app_url}/manifest.json", timeout=20) as answer:
        told = json.load(answer)
    assert told["short_name"] == "HyperFace"
    for one in told["icons"]:
        with urllib.request.urlopen(urljoin(f"{app_url}/manifest.json", one["src"]), timeout=20) as answer:
            assert answer.headers["Content-Type"] == "image/png"
