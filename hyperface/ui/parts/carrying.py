"""Whole runs over the network: a visitor downloads their own as files, and brings files that become theirs.

A file goes to the disk as it comes, however large, within bounds; the web framework's own way of uploading is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from hyperface.errors import HyperFaceError, RunError
from hyperface.jobs.archive import Bounds, archive_name, archived, restore
from hyperface.runs import Run
from hyperface.serving.door import RUNS
from hyperface.serving.visitors import asking
from hyperface.ui.parts import worker
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.telling import message_of

ZIP = "application/zip"
SHARED_FILES = 50_000  # of a run that is brought to a server that strangers share
TABLE_BYTES = 10_000_000  # that an archive may have beside its files
AT_ONCE = 4  # files that are being received
PATIENCE = 1800.0  # seconds that one may take


class BusyError(RunError):
    """Not now: others, or the visitor's own other file, are being received."""


@dataclass
class Receiving:
    """Who is sending a file at the moment."""

    visitors: set[str] = field(default_factory=set)

    @contextlib.contextmanager
    def one(self, visitor: str) -> Iterator[None]:
        """A block in which this visitor's file is received. BusyError where that must wait."""
        if visitor in self.visitors:
            raise BusyError("A file of yours is being restored already. Wait for it.")
        if len(self.visitors) >= AT_ONCE:
            raise BusyError("The server is receiving too much just now. Try again in a minute.")
        self.visitors.add(visitor)
        try:
            yield
        finally:
            self.visitors.discard(visitor)


def address_of(run: Run) -> str:
    """Where a run is downloaded from, as the page names it."""
    return f"{RUNS}/{quote(archive_name(run))}"


def carrying_routes(context: AppContext) -> list[Route]:
    """Where whole runs are downloaded and brought."""
    receiving = Receiving()

    async def give(request: Request) -> Response:
        try:
            run = context.run(str(request.path_params["name"]).removesuffix(".zip"))
            parts = archived(run)
            first = await run_in_threadpool(next, parts, b"")
        except HyperFaceError as error:
            return _told(404, error)
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(archive_name(run))}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return StreamingResponse(itertools.chain([first], parts), media_type=ZIP, headers=headers)

    async def bring(request: Request) -> Response:
        try:
            with receiving.one(asking()):
                await run_in_threadpool(worker.turns(context).disk.check, asking())
                async with asyncio.timeout(PATIENCE), _received(request, context) as file:
                    run = await run_in_threadpool(_restored, context, file)
        except BusyError as error:
            return _told(503, error)
        except HyperFaceError as error:
            return _told(400, error)
        except TimeoutError:
            return _told(408, RunError("The file took too long to arrive."))
        except ClientDisconnect:
            return Response(status_code=400)
        return JSONResponse({"run": run.name, "verb": run.verb, "title": run.title})

    return [Route(f"{RUNS}/{{name}}", give, methods=["GET"]), Route(RUNS, bring, methods=["POST"])]


def bounds_of(context: AppContext) -> Bounds:
    """How much of a run is taken here."""
    limits = context.limits
    most = Bounds().bytes if limits.restored_megabytes is None else limits.restored_megabytes * 1_000_000
    return Bounds(most, SHARED_FILES, unfinished=False) if limits.shared else Bounds(most)


@contextlib.asynccontextmanager
async def _received(request: Request, context: AppContext) -> AsyncIterator[Path]:
    """The body as a file, which is gone again after the block. RunError for one that is too long, or a full disk."""
    left = bounds_of(context).bytes + TABLE_BYTES
    context.runs_folder.mkdir(parents=True, exist_ok=True)
    path = context.runs_folder / f".brought-{secrets.token_hex(8)}.partial"
    try:
        with path.open("xb") as file:
            async for part in request.stream():
                left -= len(part)
                if left < 0:
                    raise RunError(f"The file is larger than is taken here: {bounds_of(context).bytes / 1e6:,.0f} MB.")
                await run_in_threadpool(file.write, part)
        yield path
    except OSError as error:
        raise RunError(f"The file could not be kept here ({error.strerror}). Try again later.") from error
    finally:
        path.unlink(missing_ok=True)


def _restored(context: AppContext, file: Path) -> Run:
    return restore(
        file,
        context.runs_folder,
        bounds=bounds_of(context),
        known=context.runs,
        adopt=lambda run: worker.adopt(context, run),
        keep_name=not context.limits.shared,  # whether a stranger's run has a name is nobody's business
    )


def _told(status: int, error: Exception) -> Response:
    return JSONResponse({"error": message_of(error)}, status_code=status)
