"""The live picture: how soon, how often and how smoothly the sphere is drawn in a browser, and what that costs.

    python benchmarks/live.py [--identities 1000 10000] [--steps 1000 100]

The same packing is run from the terminal, then started on the Pack tab in a headless Chromium with software rendering,
all on this machine's cores. "Start" is from pressing Pack to the start's points on the sphere. Updates are frames that
arrive on the sphere between the first and the end of the optimiser's work. "Turning" is pictures a second while the
finished sphere, with faces, is turned without a pause. Beside both is the processor time that the browser takes for
one (Linux alone tells), which other work on the machine changes little. The share kept is the terminal's seconds a step
over the app's; the terminal draws its picture for later, too, on one of the cores. "Bare" is the terminal without any
picture, which leaves all cores to the optimiser. What is wanted of 1,000 and 10,000 identities on two idle cores stands
behind each figure. Needs `pip install -e ".[dev]"`.
"""

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from app_process import ROOT, started, wait_until_idle
from playwright.sync_api import Page, sync_playwright

SPHERE = "document.querySelector('.hf-sphere')?.sphere"
WATCH = """people => {
  const { sphere } = document.querySelector('.hf-sphere'), show = sphere.show.bind(sphere);
  Object.assign(window, { updates: [], pressed: null, cleared: false, started: null });
  sphere.show = picture => {
    show(picture);
    if (picture.positions?.length) window.updates.push(performance.now());
    if (window.pressed !== null && sphere.scene.count === 0) window.cleared = true;  // the run before has gone
    if (window.cleared && window.started === null && sphere.scene.count === people) {
      requestAnimationFrame(() => requestAnimationFrame(() => { window.started = performance.now(); }));
    }
  };
  document.querySelector('#pack-begin').addEventListener('click', () => { window.pressed = performance.now(); }, true);
}"""
TURN = """milliseconds => new Promise(resolve => {
  const { sphere } = document.querySelector('.hf-sphere'), begun = performance.now(), before = sphere.painted;
  const turn = () => {
    const passed = performance.now() - begun;
    if (passed > milliseconds) {
      resolve([(sphere.painted - before) / passed * 1000, sphere.painted - before, sphere.portraits.shown.length]);
      return;
    }
    sphere.camera.drag(0.02, 0.01);
    sphere.draw();
    requestAnimationFrame(turn);
  };
  turn();
})"""
# Faces are on the sphere, and all that are drawn are drawn: the server is at rest.
FACES = f"{SPHERE}.portraits.shown.length > 0 && document.querySelector('.hf-as-faces').textContent === 'Faces'"
TURNING_MILLISECONDS = 5000
SPAN = 40
PATIENCE_MILLISECONDS = 120_000  # with what a busy machine shows late
POLLING_MILLISECONDS = 200  # looking at each picture whether the work is done would cost a part of it
WANTED = {1000: (5, 20), 10_000: (1, 10)}  # updates and pictures a second
WANTED_START, WANTED_SHARE = 1000, 0.75  # milliseconds; of the terminal's speed
ENDED = "/Finished|Stopped|Failed/.test(document.querySelector('#pack-view .hf-progress-state').textContent)"
RUNNING = "/Step [1-9]/.test(document.querySelector('.hf-progress-text')?.textContent)"
OPTIMIZED = f"/Drawing the last/.test(document.querySelector('.hf-progress-text')?.textContent) || {ENDED}"


def set_number(page: Page, label: str, value: int) -> None:
    box = page.get_by_role("spinbutton", name=label)
    box.fill(str(value))
    box.press("Tab")


def alone(identities: int, steps: int, folder: str, *options: str) -> float:
    """Seconds a step from the terminal."""
    command = [sys.executable, "-m", "hyperface", "pack", "--identities", str(identities), "--steps", str(steps)]
    run = Path(folder) / f"alone{len(options)}"
    subprocess.run(
        [*command, "--span", str(SPAN), *options, "--run", str(run)],
        check=True,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return json.loads((run / "results.json").read_text())["seconds_a_step"]


def browser_seconds() -> float:
    """Processor time of the browser's processes so far; NaN where the system does not tell."""
    parents: dict[int, int] = {}
    seconds: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            name, _, rest = stat.read_text().rpartition(")")
            fields = rest.split()
            pid = int(stat.parent.name)
            parents[pid] = int(fields[1])
            if "chrom" in name or "headless" in name:
                seconds[pid] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def own(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and own(parents[pid]))

    return sum(time for pid, time in seconds.items() if own(pid)) if seconds else float("nan")


@dataclass(frozen=True)
class Live:
    """start: milliseconds. updates, turning: a second. update, picture: milliseconds of processor time for one of
    them. faces: how many were drawn while turning. step: seconds."""

    start: float
    updates: float
    update: float
    turning: float
    picture: float
    faces: int
    step: float


def live(page: Page, url: str, identities: int, steps: int, folder: str) -> Live:
    """The same packing on the Pack tab."""
    page.goto(url)
    page.wait_for_function(f"{SPHERE}?.scene.count > 0")
    set_number(page, "Identities", identities)
    set_number(page, "Stay where faces can be drawn", SPAN)
    page.get_by_role("button", name="More").first.click()
    set_number(page, "Steps", steps)
    page.wait_for_timeout(2000)
    page.evaluate(WATCH, identities)
    page.get_by_role("button", name="Pack", exact=True).click()
    # Nothing is painted that is out of sight, and the button is below the picture.
    page.evaluate("document.querySelector('.hf-sphere').scrollIntoView({ block: 'center' })")
    page.wait_for_function(RUNNING, timeout=120_000)
    page.evaluate("window.updates = []")
    before = browser_seconds()
    page.wait_for_function(OPTIMIZED, timeout=1_200_000, polling=POLLING_MILLISECONDS)
    updates = page.evaluate("window.updates")
    update = 1000 * (browser_seconds() - before) / max(len(updates), 1)
    seconds = (updates[-1] - updates[0]) / 1000 if len(updates) > 1 else float("inf")
    page.wait_for_function(ENDED, timeout=600_000)
    page.wait_for_function(FACES, timeout=600_000)
    page.wait_for_timeout(5000)
    before = browser_seconds()
    turning, painted, faces = page.evaluate(TURN, TURNING_MILLISECONDS)
    picture = 1000 * (browser_seconds() - before) / max(painted, 1)
    newest = max(Path(folder).glob("pack-*"), key=lambda run: run.stat().st_mtime)
    step = json.loads((newest / "results.json").read_text())["seconds_a_step"]
    start = page.evaluate("window.started - window.pressed")
    return Live(start, max(len(updates) - 1, 0) / seconds, update, turning, picture, faces, step)


def told(identities: int, steps: int, bare: float, terminal: float, shown: Live) -> str:
    """The figures of one packing, as text, with what is wanted of them."""
    updates, turning = WANTED.get(identities, (None, None))

    def wanted(least: float | None, unit: str = "") -> str:
        return "" if least is None else f"  (wanted: at least {least:g}{unit})"

    kept = f"{terminal / shown.step:.0%} of the terminal's speed{wanted(100 * WANTED_SHARE, ' %')}"
    return f"""{identities:,} identities, {steps:,} steps
  start       {shown.start:8.0f} ms  (wanted: at most {WANTED_START:,})
  updates     {shown.updates:8.1f} a second{wanted(updates)}; {shown.update:.1f} ms of the browser's processor time each
  turning     {shown.turning:8.1f} a second{wanted(turning)}; {shown.picture:.1f} ms each, with {shown.faces} faces
  a step      {1000 * bare:8.1f} ms bare, {1000 * terminal:.1f} in the terminal, {1000 * shown.step:.1f} in the app
  optimiser   keeps {kept}; {bare / shown.step:.0%} of bare"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--identities", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--steps", type=int, nargs="+", default=[1000, 100], help="for each number of identities")
    options = parser.parse_args()
    own = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=own, args=["--no-sandbox", "--disable-quic", "--disable-gpu"])
        for identities, steps in zip(options.identities, options.steps, strict=True):
            with tempfile.TemporaryDirectory() as folder:
                bare = alone(identities, steps, folder, "--frames", "0")
                terminal = alone(identities, steps, folder)
            with tempfile.TemporaryDirectory() as runs, started(runs) as app:
                wait_until_idle(app.process)
                # a page that plays nothing by itself
                page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
                page.set_default_timeout(PATIENCE_MILLISECONDS)
                shown = live(page, app.url, identities, steps, runs)
                page.close()
            print(told(identities, steps, bare, terminal, shown), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
