"""Two processes give what one gives: under the launcher, over gloo, in the loop itself and from the command line."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from hyperface import recognizers, runs
from hyperface.cli import main
from hyperface.errors import InputError, TrainingError
from hyperface.ranks import Ranks
from hyperface.training.processes import join, part_of, wrap

LAUNCHERS = {
    "torchrun": ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "--", "hyperface"],
    "accelerate": ["accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1",
                   "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0", "-m", "hyperface"],
}  # fmt: skip
ROOT = str(Path(__file__).parents[2])
OPTIONS = ["--batch-size", "8", "--epochs", "2", "--input-size", "32", "--validation-share", "0.2"]
# Slow enough for rounding, which batch norms over eight images magnify, to stay out of sight.
OPTIONS += ["--learning-rate", "0.00001", "--precision", "float32"]


@pytest.mark.slow
@pytest.mark.parametrize(("launcher", "head"), [("torchrun", "adaface"), ("accelerate", "arcface")])
def test_two_processes_train_what_one_does(colored, tmp_path, launcher, head):
    options = ["train", "--dataset", str(colored.path), "--head", head, *OPTIONS]
    assert main([*options, "--run", str(tmp_path / "one")]) == 0
    command = [sys.executable, "-m", *LAUNCHERS[launcher], *options, "--run", str(tmp_path / "two")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    one, two = (runs.open_run(tmp_path / name) for name in ("one", "two"))
    assert two.status().state == runs.DONE
    first, second = one.metrics(), two.metrics()
    assert len(first) == len(second) == 1 + 2 * (32 // 8)
    assert [row["loss"] for row in second[1:]] == pytest.approx([row["loss"] for row in first[1:]], rel=1e-5)
    images = torch.rand(4, 3, 112, 112, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        embeddings = [recognizers.load(run.file("recognizer.safetensors")).embed(images) for run in (one, two)]
    assert (embeddings[0] * embeddings[1]).sum(dim=1).min() > 0.99
    names = [set(load_file(run.file("checkpoint.safetensors"))) for run in (one, two)]
    assert names[0] == names[1]  # either continues from the other's


SCRIPT = """
import atexit
import os
import sys
from pathlib import Path
import torch
from torch import nn
from hyperface.training.heads import HEADS
from hyperface.training.processes import join, part_of, wrap

class Objective(nn.Module):
    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.PReLU(), nn.Flatten(), nn.Linear(64, 5),
                                     nn.BatchNorm1d(5))
        self.head = HEADS.load("adaface", dimension=5, classes=9)

    def forward(self, images, labels):
        return nn.functional.cross_entropy(self.head(self.network(images), labels), self.head.places(labels))

def main():
    torch.manual_seed(0)
    ranks, device = join("cpu"), torch.device("cpu")
    objective = Objective()
    objective.network.double()
    objective.head.gather = lambda rows: ranks.gather(rows, ranks.world * len(rows))
    model = wrap(objective, device, ranks)
    images, labels = torch.randn(8, 3, 6, 6, dtype=torch.float64), torch.randint(3, (8,))
    part = part_of(8, ranks)
    objective.head.choose(ranks.gather(labels[part], 8), torch.Generator().manual_seed(1), most=5)
    loss = model(images[part], labels[part])
    loss.backward()
    tell_threads("there")
    coarse = wrap(nn.BatchNorm1d(5), device, ranks)(torch.randn(8, 5)[part].bfloat16())
    found = {"loss": ranks.mean(loss.detach()), "bfloat16": ranks.gather(coarse.float(), 8)}
    if ranks.rank == 0:
        gradients = {name: value.grad for name, value in objective.named_parameters()}
        assert len(objective.head.chosen) == 5
        moved = (gradients["head.centers"].abs().sum(0) > 0).nonzero().flatten()
        assert torch.equal(moved, objective.head.chosen)
        torch.save({**found, **gradients, **dict(objective.named_buffers())}, sys.argv[1])

def tell_threads(when):
    names = [path.read_text() for path in Path("/proc/self/task").glob("*/comm")]
    os.write(1, f"{when} {any('gloo' in name for name in names)}\\n".encode())  # whole lines, of both processes

atexit.register(tell_threads, "left")  # after what joining registers
main()  # in a function, so that nothing of it is left in the end
"""


@pytest.mark.slow
def test_loss_gradients_and_statistics_are_those_of_the_whole_batch(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT)
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    found = []
    for launcher in ([], ["-m", *torchrun]):
        output = tmp_path / f"{len(launcher)}.pt"
        command = [sys.executable, *launcher, str(tmp_path / "script.py"), str(output)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": ROOT}
        )
        assert done.returncode == 0, done.stderr
        found.append(torch.load(output, weights_only=True))
    if Path("/proc/self/task").exists():  # a thread of the process group that outlives the interpreter may abort it
        assert sorted(done.stdout.split("\n")) == ["", "left False", "left False", "there True", "there True"]
    one, two = found
    assert len(one) > 15
    assert one.keys() == two.keys()
    for name, value in one.items():
        # AdaFace's statistics are those of float32 features
        torch.testing.assert_close(
            two[name], value, rtol=1e-5, atol=1e-6, msg=lambda text, name=name: f"{name}: {text}"
        )


@pytest.mark.slow
def test_an_error_of_the_training_ends_all_processes(colored, tmp_path):
    command = [sys.executable, "-m", *LAUNCHERS["torchrun"], "train", "--dataset", str(colored.path), "--json"]
    done = subprocess.run([*command, "--batch-size", "9"], capture_output=True, text=True, timeout=120, cwd=tmp_path)
    assert done.returncode != 0
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert "divided among 2 processes" in next(event["message"] for event in events if event["event"] == "error")


def test_a_process_alone_is_all_there_is():
    alone = join("cpu")
    rows = torch.rand(3, 2)
    assert part_of(7, alone) == slice(0, 7)
    assert alone.gather(rows, 3) is rows
    model = torch.nn.Linear(2, 2)
    assert wrap(model, torch.device("cpu"), alone) is model


def test_batches_are_divided_equally():
    second = Ranks(rank=1, world=4)
    assert part_of(8, second) == slice(2, 4)
    with pytest.raises(InputError, match="multiple"):
        part_of(9, second)


def test_a_launched_process_without_accelerate_says_what_to_install(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setitem(sys.modules, "accelerate", None)
    with pytest.raises(TrainingError, match="pip install"):
        join("cpu")
