"""The packed embeddings of a run as files: what users of Arc2Face and Vec2Face feed their generators with."""

from __future__ import annotations

import io

import gradio as gr
import numpy as np

from hyperface.errors import InputError
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.downloads import Download, downloads
from hyperface.ui.parts.packed import load_packed


def identity_files(context: AppContext) -> gr.HTML:
    """Buttons; the component's value is the run's name."""

    def array(name: str | None) -> bytes:
        buffer = io.BytesIO()
        np.save(buffer, load_packed(context, name).embeddings.numpy().astype(np.float32))
        return buffer.getvalue()

    def table(name: str | None) -> bytes:
        return parquet(load_packed(context, name).embeddings.numpy())

    return downloads(
        [
            Download("Embeddings as .npy", "embeddings.npy", "application/octet-stream", array),
            Download("Embeddings as Parquet", "embeddings.parquet", "application/vnd.apache.parquet", table),
        ],
        elem_id="identities-files",
    )


def parquet(embeddings: np.ndarray) -> bytes:
    """A table with the columns identity (int64) and embedding (a list of d float32). InputError without pyarrow."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise InputError("Writing Parquet needs pyarrow: pip install pyarrow. Or take .npy.") from None
    rows = np.ascontiguousarray(embeddings, np.float32)
    lists = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
    columns = pa.table({"identity": np.arange(len(rows)), "embedding": lists})
    buffer = io.BytesIO()
    pq.write_table(columns, buffer)
    return buffer.getvalue()
