"""One block without a scenario around it, from settings alone; wrong ones are told as in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from netsim.errors import ScenarioError
from netsim.fields import Config
from netsim.scenario import overrides as changes
from netsim.scenario import translate
from netsim.scenario.diagnostics import ordered, render
from netsim.scenario.files import Reader
from netsim.scenario.source import Source, Span
from netsim.scenario.tree import Node, plain

Block = TypeVar("Block", bound=Config)


def read_block(model: type[Block], settings: Sequence[str], name: str) -> Block:
    """Return the block that holds what is set and its defaults.

    Parameters
    ----------
    model
        Its fields.
    settings
        ``["lambda=27"]``; paths are relative to the block, those of files to the current folder.
    name
        What errors call it: ``coding scheme 'gc'``.

    Raises
    ------
    ScenarioError
        With all problems, if there is any.
    """
    reader = Reader(Path.cwd() / name)
    nothing = Node(Span(Source(name, ("",), numbered=False, override=True), 1, 1), {})
    root = changes.apply(nothing, settings, reader)
    block = None
    try:
        block = model.model_validate(plain(root), context={"folder": reader.folder})
    except ValidationError as error:
        reader.problems += translate.validation(error, model, root, name)
    if block is None or reader.problems:
        found = ordered(reader.problems)
        raise ScenarioError(render(found, name), found)
    return block
