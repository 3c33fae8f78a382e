"""What a restored run says of itself, believed as far as it can be: what it was asked for, and how far it is."""

from __future__ import annotations

import datetime
import math
import re
import time
import types
from dataclasses import fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from hyperface.errors import RunError
from hyperface.files import json_bytes, parse_json, read_object, write_atomic
from hyperface.jobs.archive.places import ELSEWHERE, NAME, REFERENCE, check_placeless, over_strings
from hyperface.jobs.audit import AuditOptions
from hyperface.jobs.evaluate import EvaluateOptions
from hyperface.jobs.gallery import GalleryOptions
from hyperface.jobs.generate import GenerateOptions
from hyperface.jobs.identify import IdentifyOptions
from hyperface.jobs.ijb import IjbOptions
from hyperface.jobs.measure import MeasureOptions
from hyperface.jobs.pack.options import PackOptions
from hyperface.jobs.separate import SeparateOptions
from hyperface.jobs.study import StudyOptions
from hyperface.jobs.train import TrainOptions
from hyperface.runs import DONE, FAILED, MOST_TITLE, STOPPED

OPTIONS: dict[str, type] = {
    "audit": AuditOptions,
    "evaluate": EvaluateOptions,
    "gallery": GalleryOptions,
    "generate": GenerateOptions,
    "identify": IdentifyOptions,
    "ijb": IjbOptions,
    "measure": MeasureOptions,
    "pack": PackOptions,
    "separate": SeparateOptions,
    "study": StudyOptions,
    "train": TrainOptions,
}
CONFIG, STATUS = "config.json", "status.json"
RESTORED = "restored"  # in config.json: the name that the run had where it came from
LARGEST_NUMBER = 2.0**53
MOST_ENTRIES, LONGEST = 1000, 300  # of lists among the options, and of texts
MOST_PARENTS = 100
_WORD = re.compile(r"[\w+-][\w.+ -]*")
_HUB = re.compile(r"hf:[\w-][\w.-]*/[\w-][\w.-]*")
_DEVICE = re.compile(r"(cpu|cuda|mps)(:\d{1,2})?")


def check_run(folder: Path, name: str, *, unfinished: bool) -> None:
    """Look at what the unpacked run says of itself, and write it anew with what is believed. RunError if it is no run.

    name: that it had. unfinished: whether one that can be continued is taken.
    """
    config = _config(read_object(folder / CONFIG, error=RunError), name)
    status = _status(folder / STATUS)
    if not unfinished and status["state"] != DONE:
        raise RunError(
            "This run has not come to its end, and this server takes only finished ones. Restore it on a computer of "
            "your own, and continue it there."
        )
    for path in sorted(folder.rglob("*.json*")):
        if path.name in (CONFIG, STATUS):
            continue
        lines = path.read_text(encoding="utf-8").splitlines() if path.suffix == ".jsonl" else [path.read_text("utf-8")]
        for line in lines:
            _check_strings(parse_json(line), path.name)
    write_atomic(folder / CONFIG, json_bytes(config))
    write_atomic(folder / STATUS, json_bytes(status))


def _config(content: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        verb, options, parents = content["verb"], content["options"], content["parents"]
        created = datetime.datetime.fromisoformat(content["created"])
        title = " ".join(str(content["title"]).split())[:MOST_TITLE] or name
        known = verb in OPTIONS and content["format"] == 1
        known = known and isinstance(options, dict) and isinstance(parents, list)
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"The archive holds no run: its {CONFIG} lacks something ({error}).") from error
    if not known:
        raise RunError("The archive holds a run that this version does not know. Update HyperFace to restore it.")
    return {
        "format": 1,
        "verb": verb,
        "title": title,
        "created": created.isoformat(timespec="microseconds"),
        "options": _options(OPTIONS[verb], options),
        "parents": [each for each in map(str, parents[:MOST_PARENTS]) if re.fullmatch(NAME, each)],
        RESTORED: name,
    }


def _options(kind: type, given: dict[str, Any]) -> dict[str, Any]:
    """The options with values of the kinds that the verb takes, which name no file of this machine.

    RunError for others: a run that is continued does whatever they say.
    """
    hints = get_type_hints(kind)
    wanted = {field.name for field in fields(kind)}
    if unknown := sorted(given.keys() - wanted):
        raise RunError(f"The run in the archive has an option that is not known: {unknown[0][:40]}.")
    for name, value in given.items():
        if not _fits(value, hints[name]):
            raise RunError(f"The run in the archive has an option with a value that it cannot have: {name}.")
    return {name: _option(name, value) for name, value in given.items()}


def _option(name: str, value: Any) -> Any:
    if name == "output":  # a file to write
        return None
    if name == "device" and not _DEVICE.fullmatch(str(value)):
        return "cpu"
    return over_strings(value, _word)


def _word(told: str) -> str:
    """A text among the options as it is, if it is the name of something and no path; else what nothing is called."""
    named = REFERENCE.fullmatch(told) or _HUB.fullmatch(told) or told == ""
    if named or _WORD.fullmatch(told):
        return told
    return ELSEWHERE + (re.sub(r"[^\w+-]+", "_", told)[-80:] or "nothing")


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value out of JSON is of a kind that an option may have: as its annotation says, and not without end."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return any(_fits(value, each) for each in get_args(hint))
    if origin is tuple:
        return (
            isinstance(value, list)
            and len(value) <= MOST_ENTRIES
            and all(_fits(each, get_args(hint)[0]) for each in value)
        )
    if origin is dict:
        plain = str | int | float | bool | None
        return (
            isinstance(value, dict)
            and len(value) <= MOST_ENTRIES
            and all(re.fullmatch(r"\w{1,80}", key) and _fits(each, plain) for key, each in value.items())
        )
    if hint in (bool, types.NoneType):
        return isinstance(value, hint)
    if hint is str:
        return isinstance(value, str) and len(value) <= LONGEST and value.isprintable()
    whole = isinstance(value, int) and not isinstance(value, bool)
    number = whole or (hint is float and isinstance(value, float) and math.isfinite(value))
    return hint in (int, float) and number and abs(value) <= LARGEST_NUMBER


def _status(path: Path) -> dict[str, Any]:
    """Where the run is now that nobody works on it."""
    told = read_object(path, error=RunError) if path.is_file() else {}
    state = told.get("state") if told.get("state") in (DONE, FAILED) else STOPPED
    share = told.get("progress")
    share = min(max(float(share), 0.0), 1.0) if isinstance(share, int | float) and math.isfinite(share) else 0.0
    message = " ".join(str(told.get("message", "")).split())[:LONGEST]
    none = {"seconds_left": None, "pid": None, "process_started": None}
    return {"state": state, "progress": share, "message": message, "updated": time.time(), **none}


def _check_strings(value: Any, what: str) -> None:
    def check(told: str) -> str:
        check_placeless(told, what)
        return told

    over_strings(value, check)
