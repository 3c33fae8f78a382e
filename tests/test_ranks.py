"""Two processes of torch.distributed against one."""

import pytest
import torch
from torch import distributed, multiprocessing

from hyperface.packing import pack
from hyperface.packing.neighbors import nearest_points
from hyperface.ranks import ALONE, Ranks, own_device
from hyperface.sphere import random_points

CASES = [
    {},
    {"objective": "paper"},
    {"objective": "stochastic"},
    {"objective": "nearest", "span": 5},
]
IDENTITIES, STEPS, RESUMED = 41, 15, 6  # an odd number: the shares differ


def packing(case: dict, resume: dict | None = None) -> list:
    gallery = random_points(150, 8, seed=1)
    return list(pack(gallery[:IDENTITIES], gallery=gallery, steps=STEPS, resume=resume, **case))


def work(rank: int, world: int, folder: str) -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=world)
    found = []
    for case in CASES:
        steps = packing(case)
        alone = torch.load(f"{folder}/state.pt", weights_only=True) if not case else None
        rest = packing(case, resume=steps[RESUMED].state)
        taken_up = packing(case, resume=alone) if alone else rest
        assert torch.equal(rest[-1].embeddings, steps[-1].embeddings)
        found.append(
            {
                "objectives": [step.objective for step in steps],
                "embeddings": steps[-1].embeddings,
                "nearest": steps[-1].nearest,
                "taken_up": taken_up[-1].embeddings,
            }
        )
    tiny = list(pack(random_points(2, 3, seed=5), steps=30))  # one rank has a row, or none
    found.append({"tiny": tiny[-1].max_cosine})
    torch.save(found, f"{folder}/{rank}.pt")
    distributed.destroy_process_group()


@pytest.mark.slow
@pytest.mark.parametrize("world", [2, 3])
def test_several_processes_pack_as_one_does(tmp_path, world):
    expected = [packing(case) for case in CASES]
    torch.save(expected[0][RESUMED].state, tmp_path / "state.pt")
    multiprocessing.spawn(work, (world, str(tmp_path)), nprocs=world)
    ranks = [torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(world)]
    for case, alone, *found in zip(CASES, expected, *ranks, strict=False):
        for rank in found:
            assert rank["objectives"] == pytest.approx([step.objective for step in alone], abs=1e-5), case
            torch.testing.assert_close(rank["embeddings"], alone[-1].embeddings, atol=2e-4, rtol=0)
            torch.testing.assert_close(rank["taken_up"], alone[-1].embeddings, atol=2e-4, rtol=0)
            assert torch.equal(rank["embeddings"], found[0]["embeddings"])
    assert all(rank[-1]["tiny"] == pytest.approx(-1, abs=1e-6) for rank in ranks)


@pytest.mark.parametrize("n", [1, 2, 5, 8, 100])
@pytest.mark.parametrize("world", [1, 2, 3, 7])
def test_shares_cover_everything_once(n, world):
    ranks = [Ranks(rank, world) for rank in range(world)]
    rows = [row for rank in ranks for row in range(n)[rank.rows(n)]]
    assert rows == list(range(n))
    assert sorted(item for rank in ranks for item in rank.share(list(range(n)))) == list(range(n))
    assert max(len(range(n)[rank.rows(n)]) for rank in ranks) == -(-n // world)


def test_a_process_alone_needs_no_group():
    values = torch.arange(3.0)
    assert Ranks.current() == ALONE
    assert ALONE.gather(values, 3) is ALONE.maximum(values) is ALONE.total(values) is values
    points = random_points(30, 4, seed=2)
    assert torch.equal(nearest_points(points, ranks=ALONE), nearest_points(points))


def test_of_several_on_a_machine_each_takes_a_gpu_of_its_own(monkeypatch):
    assert own_device("cuda:1") == own_device(torch.device("cuda:1")) == "cuda:1"  # alone: as it was asked
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert own_device("cuda") == own_device("cuda:0") == "cuda:3"
    assert own_device("cpu") == "cpu"
    assert own_device("nowhere") == "nowhere"  # whoever computes there will say so


def test_alone_there_is_nobody_to_tell():
    ranks = Ranks.join("cuda")  # needs no GPU
    assert ranks == ALONE
    ranks.tell("pack", 3)
    ranks.dismiss()
    ranks.wait()
    assert list(ranks.leading(number for number in range(3))) == [0, 1, 2]
