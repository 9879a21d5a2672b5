"""``netsim status``: how far a run or a sweep is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Final

import click

from netsim.cli.examples import examples
from netsim.cli.output import say

#: Seconds between two looks, and errors that are shown.
_INTERVAL: Final = 2.0
_SHOWN: Final = 5


@click.command(
    "status",
    short_help="Say how far a run or sweep is.",
    epilog=examples(
        "netsim status out/study",
        "netsim status out/study --watch",
    ),
)
@click.argument("directory", metavar="DIR", type=click.Path())
@click.option("--watch", is_flag=True, help="Look again and again until it is done.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(directory: str, watch: bool, as_json: bool) -> None:
    """Say how many runs of DIR are done, failed and to do, and when it may be done."""
    while True:
        known = facts(Path(directory))
        if as_json:
            import json

            say(json.dumps(known, indent=None if watch else 2))
        else:
            for line in lines(known):
                say(line)
        if not watch or not known["running"]:
            return
        time.sleep(_INTERVAL)


def facts(path: Path) -> dict[str, Any]:
    """Return what the directory says of its progress."""
    from netsim.metrics.lock import is_locked
    from netsim.metrics.reader import RunFiles
    from netsim.metrics.resources import since

    run = RunFiles(path)
    done = len(run.order.keys)
    errors = [
        {
            "index": one.key.index,
            "replication": one.key.replication,
            "swept": dict(one.swept or {}),
            "message": one.message,
        }
        for one in run.failures
        if one.final
    ]
    total = max(run.manifest["counts"]["runs"], done)
    running = is_locked(path)
    todo = max(0, total - done - len(errors))
    eta = None
    if running and done and todo:
        eta = since(str(run.manifest.get("started"))) / done * todo
    return {
        "status": run.status,
        "total": total,
        "done": done,
        "failed": len(errors),
        "running": running,
        "todo": todo,
        "eta": eta,
        "errors": errors,
    }


def lines(known: dict[str, Any]) -> list[str]:
    """Return the facts for people."""
    eta = f", {known['eta']:.0f} s left" if known["eta"] is not None else ""
    shown = [
        f"{known['status']}: {known['done']} of {known['total']} runs done, "
        f"{known['failed']} failed, {known['todo']} to do{eta}"
    ]
    for error in known["errors"][-_SHOWN:]:
        swept = ", ".join(f"{name}={value}" for name, value in error["swept"].items())
        where = f"point {error['index']} ({swept}), " if swept else ""
        shown.append(f"  {where}replication {error['replication']}: {error['message']}")
    return shown
