"""How soon the app shows something: from `python app.py` to the first page, and from a click to what a tab is about.

    python benchmarks/opening.py [--repeats 3]

Starts the app in a folder of runs that is empty, so that what is seen is what a new visitor sees: the ready-made runs.
Every tab is opened in a fresh page of a headless Chromium, from the Pack tab that the page begins with. Needs
`pip install -e ".[dev]"`.
"""

import argparse
import shutil
import statistics
import tempfile
import time

from app_process import started
from playwright.sync_api import sync_playwright

# When a tab shows what it is about: points on the sphere, drawn people, matched faces, a curve, an accuracy.
SHOWN = {
    "Pack": "document.querySelector('.hf-sphere')?.sphere?.scene.count > 0",
    "Identities": "document.querySelectorAll('#identities-grid img').length > 0",
    "Photos": "document.querySelectorAll('#photos-faces .hf-card').length > 0",
    "Train": "document.querySelector('.hf-loss-chart')?.data?.[0].y.length > 0",
    "Evaluate": "document.querySelectorAll('#evaluate-overview tbody tr').length > 0",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    first_pages: list[float] = []
    opened: dict[str, list[float]] = {name: [] for name in SHOWN}
    own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=own, args=["--no-sandbox", "--disable-quic"])
        for _ in range(options.repeats):
            with tempfile.TemporaryDirectory() as runs, started(runs) as app:
                first_pages.append(app.wall)
                for name, shown in SHOWN.items():
                    page = browser.new_page(viewport={"width": 1280, "height": 900})
                    page.goto(app.url)
                    tab = page.get_by_role("tab", name=name, exact=True)
                    tab.wait_for()
                    begun = time.perf_counter()
                    if name != "Pack":
                        page.wait_for_function(SHOWN["Pack"])
                        begun = time.perf_counter()
                        tab.click()
                    page.wait_for_function(shown, timeout=60_000)
                    opened[name].append(time.perf_counter() - begun)
                    page.close()
        browser.close()
    print(f"{'first page':12} {statistics.median(first_pages):5.2f} s  (slowest {max(first_pages):.2f} s)")
    for name, seconds in opened.items():
        print(f"{name:12} {statistics.median(seconds):5.2f} s  (slowest {max(seconds):.2f} s)")


if __name__ == "__main__":
    main()
