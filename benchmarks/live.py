"""The live picture: how often the sphere changes in a browser while packing, and what that costs the optimiser.

    python benchmarks/live.py [--identities 1000 10000] [--steps 1000 100]

The same packing is run from the terminal, then started on the Pack tab in a headless Chromium with software rendering,
all on this machine's cores. Updates are redraws of the sphere between the first and the end of the optimiser's work.
The share kept is the terminal's seconds a step over the app's; the terminal draws its picture for later, too, on one of
the cores. "Bare" is the terminal without any picture, which leaves all cores to the optimiser. Needs
`pip install -e ".[dev]"`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from opening import ROOT, served
from playwright.sync_api import Page, sync_playwright

COUNT_REDRAWS = """() => {
  window.redraws = [];
  const sphere = document.querySelector('.hf-sphere');
  const listen = () => sphere.on
    ? sphere.on('plotly_afterplot', () => window.redraws.push(performance.now()))
    : setTimeout(listen, 10);
  listen();
}"""
ENDED = "/Finished|Stopped|Failed/.test(document.querySelector('#pack-view .hf-progress-state').textContent)"
RUNNING = "/Step [1-9]/.test(document.querySelector('.hf-progress-text')?.textContent)"
OPTIMIZED = f"/Drawing the last/.test(document.querySelector('.hf-progress-text')?.textContent) || {ENDED}"


def set_number(page: Page, label: str, value: int) -> None:
    box = page.get_by_label(re.compile(f"number input for {label}", re.IGNORECASE))
    box.fill(str(value))
    box.press("Tab")


def alone(identities: int, steps: int, folder: str, *options: str) -> float:
    """Seconds a step from the terminal."""
    command = [sys.executable, "-m", "hyperface", "pack", "--identities", str(identities), "--steps", str(steps)]
    run = Path(folder) / f"alone{len(options)}"
    subprocess.run(
        [*command, "--span", "40", *options, "--run", str(run)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return json.loads((run / "results.json").read_text())["seconds_a_step"]


def live(page: Page, url: str, identities: int, steps: int, folder: str) -> tuple[float, float]:
    """(redraws a second, seconds a step) of the same packing on the Pack tab."""
    page.goto(url)
    page.wait_for_function("document.querySelector('.hf-sphere')?.sphere?.scene.count > 0")
    set_number(page, "Identities", identities)
    set_number(page, "Span", 40)
    page.get_by_role("button", name="More").first.click()
    set_number(page, "Steps", steps)
    page.get_by_role("button", name="Pack", exact=True).click()
    page.wait_for_function(RUNNING, timeout=120_000)
    page.evaluate(COUNT_REDRAWS)
    page.wait_for_function(OPTIMIZED, timeout=1_200_000)
    redraws = page.evaluate("window.redraws")
    seconds = (redraws[-1] - redraws[0]) / 1000 if len(redraws) > 1 else float("inf")
    page.wait_for_function(ENDED, timeout=600_000)
    newest = max(Path(folder).glob("pack-*"), key=lambda run: run.stat().st_mtime)
    return (len(redraws) - 1) / seconds, json.loads((newest / "results.json").read_text())["seconds_a_step"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--steps", type=int, nargs="+", default=[1000, 100], help="for each number of identities")
    options = parser.parse_args()
    own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    print(
        f"{'identities':>10}{'updates a second':>18}{'ms a step, bare':>17}{'terminal':>10}{'app':>8}"
        f"{'share kept':>12}{'of bare':>9}"
    )
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=own, args=["--no-sandbox", "--disable-quic", "--disable-gpu"])
        for identities, steps in zip(options.identities, options.steps, strict=True):
            with tempfile.TemporaryDirectory() as folder:
                bare = alone(identities, steps, folder, "--frames", "0")
                terminal = alone(identities, steps, folder)
                with tempfile.TemporaryDirectory() as runs, served(runs) as (url, _):
                    page = browser.new_page(viewport={"width": 1280, "height": 900})
                    redraws, with_app = live(page, url, identities, steps, runs)
                    page.close()
            print(
                f"{identities:10,}{redraws:18.1f}{1000 * bare:17.1f}{1000 * terminal:10.1f}{1000 * with_app:8.1f}"
                f"{terminal / with_app:12.0%}{bare / with_app:9.0%}",
                flush=True,
            )
        browser.close()


if __name__ == "__main__":
    main()
