"""How an endpoint answers: what a caller reads of it, and what they are told when something is wrong."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, get_args

import gradio as gr

from hyperface.assets import assets_folder
from hyperface.errors import HyperFaceError
from hyperface.ui.parts.context import AppContext
from hyperface.ui.parts.folders import without_folders
from hyperface.ui.parts.imports import import_once


def answering(context: AppContext) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator of endpoints: a HyperFaceError becomes the caller's error, its message without this machine's folders.

    Any other exception is a bug: the caller hears that something failed, and the traceback goes to the log.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        answer = _stream(context, function) if inspect.isgeneratorfunction(function) else _call(context, function)
        answer.__doc__ = joined_lines(inspect.getdoc(function) or "")
        return answer

    return decorate


def _call(context: AppContext, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*arguments: Any, **options: Any) -> Any:
        import_once()
        try:
            return function(*arguments, **options)
        except HyperFaceError as error:
            raise _told(context, error) from None

    return call


def _stream(context: AppContext, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def stream(*arguments: Any, **options: Any) -> Iterator[Any]:
        import_once()
        try:
            yield from function(*arguments, **options)
        except HyperFaceError as error:
            raise _told(context, error) from None

    signature = inspect.signature(function)
    (item,) = get_args(signature.return_annotation)  # each answer is one of these
    stream.__signature__ = signature.replace(return_annotation=item)  # type: ignore[attr-defined]  # as PEP 362 has it
    return stream


def _told(context: AppContext, error: HyperFaceError) -> gr.Error:
    return gr.Error(without(context, str(error)), print_exception=False)


def without(context: AppContext, text: str) -> str:
    """A message without this machine's folders."""
    return without_folders(text, context.runs_folder, context.demo_folder, assets_folder())


def joined_lines(docstring: str) -> str:
    """A docstring with each argument's description on one line: Gradio reads no further than the first."""
    lines: list[str] = []
    for line in docstring.splitlines():
        if line.startswith("        ") and lines:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return "\n".join(lines)
