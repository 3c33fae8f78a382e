"""Whole runs over the network: each downloads their own, and what is brought becomes theirs, within bounds."""

import socket
import time
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from hyperface import runs
from hyperface.jobs.archive import archived
from hyperface.serving.door import RUNS
from hyperface.serving.owners import owner_of
from hyperface.ui.parts import worker
from hyperface.ui.parts.carrying import AT_ONCE, BusyError, Receiving

LIMIT = 12_000_000  # bytes: a megabyte, and what an archive has beside


def left_behind(context) -> list[str]:
    return [path.name for path in context.runs_folder.iterdir() if path.name.endswith(".partial")]


def test_she_downloads_hers_and_for_him_it_does_not_exist(alice, bob, hers):
    told = alice.ask(alice.component("story"), "whole", {"run": hers.name})
    assert told == {"address": f"{RUNS}/{hers.name}.zip", "name": f"{hers.name}.zip"}
    answer = alice.http.get(told["address"])
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/zip"
    assert answer.content == b"".join(archived(hers))
    assert alice.mark.encode() not in answer.content
    missing = bob.http.get(f"{RUNS}/gone.zip")
    answer = bob.http.get(told["address"])
    assert answer.status_code == missing.status_code == 404
    assert answer.text.replace(hers.name, "gone") == missing.text
    assert hers.title not in answer.text
    for name in ("..%2f..%2fetc", ".hidden.zip", "a%00b", "x" * 3000):
        assert bob.http.get(f"{RUNS}/{name}").status_code in (400, 404)


def test_what_is_brought_is_the_bringers_and_replaces_nothing(alice, bob, hers, shared_context):
    content, before = b"".join(archived(hers)), (hers.path / "config.json").read_bytes()
    told = bob.http.post(RUNS, content=content).json()
    assert (told["verb"], told["title"]) == ("pack", hers.title)
    assert told["run"].startswith(f"{hers.name}-")
    assert owner_of(shared_context.runs_folder / told["run"]) == bob.mark
    assert owner_of(hers.path) == alice.mark
    assert (hers.path / "config.json").read_bytes() == before
    assert bob.http.get(f"{RUNS}/{told['run']}.zip").status_code == 200
    assert alice.http.get(f"{RUNS}/{told['run']}.zip").status_code == 404


def test_a_file_that_is_none_is_refused_in_one_sentence(bob, shared_context):
    before = len(runs.list_runs([shared_context.runs_folder]))
    for content in (b"", b"hello", b"PK\3\4" * 1000):
        answer = bob.http.post(RUNS, content=content)
        assert answer.status_code == 400
        assert answer.json().keys() == {"error"}
        assert str(shared_context.runs_folder) not in answer.text
    assert len(runs.list_runs([shared_context.runs_folder])) == before
    assert left_behind(shared_context) == []


def test_a_run_that_is_larger_than_allowed_or_not_finished_is_refused(bob, hers, shared_context, monkeypatch):
    content = b"".join(archived(hers))
    monkeypatch.setattr(shared_context, "limits", replace(shared_context.limits, identities=19))
    assert "at most 19 people" in bob.http.post(RUNS, content=content).json()["error"]
    runs.Worker(hers).postpone("Later.")
    monkeypatch.undo()
    assert "only finished ones" in bob.http.post(RUNS, content=b"".join(archived(hers))).json()["error"]
    assert left_behind(shared_context) == []


def test_too_many_bytes_are_refused_as_they_come(bob, shared_context, monkeypatch):
    monkeypatch.setattr(shared_context, "limits", replace(shared_context.limits, restored_megabytes=1))
    answer = bob.http.post(RUNS, content=(bytes(10**6) for _ in range(LIMIT // 10**6)))
    assert answer.status_code == 400
    assert "larger than is taken here: 1 MB" in answer.json()["error"]
    assert left_behind(shared_context) == []


def test_whose_runs_fill_their_share_of_the_disk_brings_no_more(bob, hers, shared_context, monkeypatch):
    disk = worker.turns(shared_context).disk
    monkeypatch.setattr(disk, "_limits", replace(shared_context.limits, disk_each=0))
    answer = bob.http.post(RUNS, content=b"".join(archived(hers)))
    assert answer.status_code == 400
    assert left_behind(shared_context) == []


def test_who_leaves_half_way_leaves_nothing(shared_url, shared_context):
    host = urlsplit(shared_url)
    with socket.create_connection((host.hostname, host.port)) as connection:
        connection.sendall(f"POST {RUNS} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nPK".encode())
        while not left_behind(shared_context):
            time.sleep(0.02)
    while left_behind(shared_context):
        time.sleep(0.02)


def test_another_sites_page_brings_nothing(bob):
    assert bob.http.post(RUNS, content=b"x", headers={"sec-fetch-site": "cross-site"}).status_code == 403


def test_a_visitor_sends_one_file_at_a_time_and_so_do_not_all_at_once():
    receiving = Receiving()
    with receiving.one("alice"):
        with pytest.raises(BusyError, match="of yours"), receiving.one("alice"):
            pass
        receiving.visitors |= {str(number) for number in range(AT_ONCE - 1)}
        with pytest.raises(BusyError, match="too much"), receiving.one("bob"):
            pass
    assert "alice" not in receiving.visitors
