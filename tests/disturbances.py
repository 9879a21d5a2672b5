"""What happens to a sweep in other processes, as variables of the environment ask for it.

`write_plugin` makes this module a plug-in of netsim for processes that look there:

=================  ==============================================================================
variable           what it does
=================  ==============================================================================
DISTURB_MANY       so many parts of a worker are merged, in place of 32
DISTURB_BATCH      so many runs are handed to a worker at once
DISTURB_LOCKS      "none": nobody keeps anybody out of a directory
DISTURB_STOP       "compaction:N" or "merging:N": the process group dies at the N-th step of one
=================  ==============================================================================
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
from pathlib import Path

import netsim.metrics.part_writer as parts
from netsim.metrics import compaction, layout, rundir


def write_plugin(site: Path) -> Path:
    """Make `site` a folder for PYTHONPATH in which this is an installed plug-in."""
    information = site / "disturbances-1.0.dist-info"
    information.mkdir(parents=True)
    shutil.copy(__file__, site / "disturbances.py")
    (site / "disturb.py").write_text("import disturbances\n\ndisturbances.install()\n")
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: disturbances\nVersion: 1\n")
    (information / "entry_points.txt").write_text("[netsim.plugins]\ndisturb = disturb\n")
    return site


def install() -> None:
    """Do what the environment asks for."""
    asked = os.environ.get
    if many := asked("DISTURB_MANY"):
        parts.MANY = int(many)
    if asked("DISTURB_LOCKS") == "none":
        rundir.check_unlocked = lambda *words: None
        rundir.locked = lambda *words: contextlib.nullcontext()
    if batch := asked("DISTURB_BATCH"):
        from netsim.sweep import over_workers

        # Of batches that are asked for no measured time is looked at.
        over_workers._Driver._batch = _fixed(over_workers._Driver._batch, int(batch))
    place, _, number = asked("DISTURB_STOP", "").partition(":")
    if place == "compaction":
        _die_at(compaction, ("_write", "flush_directory"), int(number))
    elif place == "merging":
        merging = _die_at(parts, ("write_mark", "gathered"), int(number), armed=False)
        _die_at(layout, ("remove_part",), int(number), steps=merging)
        merge = parts.PartWriter._merge

        def merged(self, parts):
            merging.armed = True
            return merge(self, parts)

        parts.PartWriter._merge = merged


class _Steps:
    """How many steps were taken, once they are counted."""

    def __init__(self, last, armed):
        self.left = last
        self.armed = armed

    def take(self):
        if self.armed:
            self.left -= 1
            if not self.left:
                os.killpg(0, signal.SIGKILL)


def _die_at(module, names, last, armed=True, steps=None):
    """Let the process group die at the `last` call of functions of `module`."""
    steps = steps or _Steps(last, armed)
    for name in names:
        setattr(module, name, _counted(getattr(module, name), steps))
    return steps


def _counted(real, steps):
    def call(*words, **options):
        steps.take()
        return real(*words, **options)

    return call


def _fixed(real, number):
    def batch(self):
        self.how.batch = number
        return real(self)

    return batch
