"""How soon the app has a page after its process began, and how much memory it takes, idle and with everything in use.

    python benchmarks/startup.py [--repeats 3] [--use]

Starts `python app.py` with a folder of runs that is empty. A machine that does other work makes the time on the clock
longer; the process's own time tells how long it would be without. Memory is that of the app and of all its workers,
what they share counted once (PSS, /proc/PID/smaps_rollup, Linux). Idle: when everything that the app loads in the
background is there. With --use: a packing, a dataset, a training, and every endpoint, photos and evaluation included,
while they go on. Needs `pip install -e ".[dev]"`.
"""

import argparse
import base64
import io
import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

from app_process import PATIENCE, App, started, wait_until_idle


def family(process: int) -> list[int]:
    """A process and all that it started, workers that have sessions of their own included."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [process]
    for each in found:
        found += [child for child, parent in parents.items() if parent == each]
    return found


def memory(process: int) -> float:
    """Bytes of a process and all that it started."""
    total = 0
    for each in family(process):
        try:
            lines = Path(f"/proc/{each}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024


def use_everything(app: App) -> float:
    """The most bytes while the app packs, draws, trains, embeds, compares and evaluates, all of it twice."""
    from gradio_client import Client

    most, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not done.wait(0.5):
            most = max(most, memory(app.process))

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        client = Client(app.url, verbose=False)
        begun = [client.predict(identities=1000, steps=300, wait=False, api_name="/pack") for _ in range(2)]
        drawn = client.predict(run="pack-demo", identity=0, count=4, api_name="/draw")
        picture = drawn["pictures"][0]["image"].partition(",")[2]
        photo = base64.b64encode(enlarged(base64.b64decode(picture))).decode()
        asked = [
            client.submit(photo=photo, api_name="/embed"),
            client.submit(run="pack-demo", photo=photo, k=5, api_name="/nearest"),
            client.submit(run="pack-demo", count=1000, embeddings=True, api_name="/identities"),
            client.submit(model="train-demo", again=True, api_name="/evaluate"),
        ]
        for job in asked:
            job.result(timeout=PATIENCE)
        for run in begun:
            end = time.monotonic() + PATIENCE
            while time.monotonic() < end and client.predict(run=run["run"], api_name="/runs")[0]["state"] != "done":
                time.sleep(1)
    finally:
        done.set()
        watching.join()
    return most


def enlarged(picture: bytes) -> bytes:
    """A photo of 12 megapixels with one face in it."""
    from PIL import Image

    photo = Image.new("RGB", (4000, 3000), "gray")
    with Image.open(io.BytesIO(picture)) as face:
        photo.paste(face.convert("RGB").resize((800, 800)), (1600, 1100))
    file = io.BytesIO()
    photo.save(file, format="JPEG")
    return file.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--use", action="store_true", help="measure the memory with everything in use, too")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} processors, load {load:.1f} before: {'idle' if load < 0.5 else 'the machine is at work'}")
    wall, cpu = [], []
    for number in range(options.repeats):
        with tempfile.TemporaryDirectory() as runs, started(runs) as app:
            wall.append(app.wall)
            cpu.append(app.cpu)
            if number < options.repeats - 1:
                continue
            wait_until_idle(app.process)
            idle = memory(app.process)
            used = use_everything(app) if options.use else None
    print(f"first page: {statistics.median(wall):.1f} s on the clock ({min(wall):.1f} to {max(wall):.1f}), "
          f"{statistics.median(cpu):.1f} s of work")  # fmt: skip
    print(f"idle, everything loaded: {idle / 1e6:,.0f} MB")
    if used is not None:
        print(f"everything in use, at most: {used / 1e6:,.0f} MB")


if __name__ == "__main__":
    main()
