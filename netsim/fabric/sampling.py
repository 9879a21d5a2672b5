"""Time series of links: a process that looks at the fabric at intervals and disturbs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

    import simpy

    from netsim.engine.environment import Environment
    from netsim.fabric.service import Fabric
    from netsim.metrics.recorder import Recorder


def sample_links(
    env: Environment, fabric: Fabric, recorder: Recorder, every: int
) -> Generator[simpy.Event, None, None]:
    """Write table `links` every `every` ps while the fabric is at work, and once when it is done.

    It stops when nothing but itself could happen, so that sampling never keeps a run alive.
    """
    while True:
        yield env.timeout(every)
        recorder.write("links", fabric.sample_links())
        if fabric.idle and env.peek() == float("inf"):
            return
