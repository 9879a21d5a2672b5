"""The family's own links: T = delay + 8 S / b, alone or one message at a time through each node.

b is the least of the link's rate and what joins sender and receiver to the network, S the message
with its header. With ``share: fifo`` a node's way up is taken for 8 S / b by each message, and so
is its way down, which a message that finds it taken waits for; a message alone takes T all the
same. What is sent again is sent when its loss is known, so k tries take k T. Rates that are shared
fairly among many messages are what `network:` is for.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from netsim.datafiles import INDEX, Number, read
from netsim.decentralized.clock.carrier import UNIT, Luck, Meter
from netsim.decentralized.clock.motion import Reach
from netsim.decentralized.clock.timing import DevicesConfig, LinksBlock
from netsim.decentralized.clock.world import World
from netsim.delays.laws.law import LawConfig, draw
from netsim.engine.agenda import Agenda
from netsim.engine.clock import SECOND
from netsim.engine.environment import Environment
from netsim.fields import implementation
from netsim.problems import Problem, ProblemsFound
from netsim.rng import Streams
from netsim.rng import draw as draw_bits

#: Delays of a law that are drawn at once for a link.
_BLOCK: Final = 64
_RATE: Final = Number("a rate in bit/s, above 0", least=1e-3, most=1e18)

#: Delay (ps, or None where a law draws it), its law, ps a byte, loss, edge.
_Way = tuple[int | None, LawConfig, float, float, int]


class OwnLinks:
    """Links with delay, rate and loss.

    Parameters
    ----------
    config
        The block.
    env, agenda
        The clock, and where arrivals are put down.
    world
        Who is there.
    streams
        Where delays and losses are drawn from.
    """

    def __init__(
        self, config: LinksBlock, env: Environment, agenda: Agenda, world: World, streams: Streams
    ) -> None:
        self._config, self._env, self._agenda, self._world = config, env, agenda, world
        self._nodes = world.graph.node_count
        self._streams, self._key = streams, streams.key("decentralized.links")
        self._luck = Luck(world, streams.key("decentralized.losses"), self._nodes)
        self.meter: Meter | None = None
        #: Who is in reach over the air and how fast, if links are radio links.
        self.reach: Reach | None = None
        self._shared = config.share == "fifo"
        self._up, self._down = device_rates(config, self._nodes)
        self._arcs = {one.arc: one for one in config.per_arc}
        self._ways: dict[int, _Way] = {}
        self._drawn: dict[int, np.ndarray] = {}
        self._count: dict[int, int] = {}
        self._busy_up, self._busy_down = [0] * self._nodes, [0] * self._nodes

    def _way(self, source: int, target: int) -> _Way:
        """Return what is known of one direction of a link."""
        config, one = self._config, self._arcs.get((source, target))
        law = config.delay if one is None or one.delay is None else one.delay
        rate = config.rate if one is None or one.rate is None else one.rate
        loss = config.loss if one is None or one.loss is None else one.loss
        constant = None
        if law.dist == "constant":  # type: ignore[attr-defined]
            constant = round(implementation("law", law, key="dist").mean(law) * SECOND)
        rates = [r for r in (rate, *self._ends(source, target)) if r]
        per_byte = 8 * SECOND / min(rates) if rates else 0.0
        return constant, law, per_byte, loss, self._world.edge(source, target)

    def _ends(self, source: int, target: int) -> tuple[float, float]:
        """Return the rates of what joins both to the network; 0 where nothing limits them."""
        return self._up[source], self._down[target]

    def lone_time(self, source: int, target: int, size: int) -> float:
        """Return what a message takes in the mean if nothing hinders it, in seconds."""
        _, law, per_byte, _, _ = self._way(source, target)
        wire = size + self._config.header
        delay = float(implementation("law", law, key="dist").mean(law))
        return delay + wire * per_byte / SECOND

    def send(
        self,
        source: int,
        target: int,
        size: int,
        then: Callable[[Any, bool], object],
        argument: Any,
        doomed: bool = False,
    ) -> int:
        """Send a message, as `Carrier.send`."""
        world, pair = self._world, source * self._nodes + target
        way = self._ways.get(pair)
        if way is None:
            way = self._ways[pair] = self._way(source, target)
        delay, law, per_byte, loss, edge = way
        wire, tries, lost = size + self._config.header, 1, doomed
        if delay is None or loss:
            number = self._count[pair] = self._count.get(pair, -1) + 1
            if loss:
                tries, lost = self._tries(pair, number, loss, wire)
                lost |= doomed
            if delay is None:
                delay = self._delay(law, pair, number)
        if world.losing and self._luck.lost(source, target):
            lost = True
        if self.reach is not None and (radio := self.reach.rate(source, target)) is not None:
            per_byte = 8 * SECOND / min(r for r in (radio, *self._ends(source, target)) if r)
        factor = min(world.rate[source], world.rate[target])
        lasts = round(wire * per_byte / factor)
        link = world.link[edge] if edge >= 0 else 0
        lives = (world.sender[source], world.receiver[target], link)
        message = (source, target, edge, lives, lost, wire, then, argument)
        if self.meter is not None:
            self.meter.sent(source, target, wire * tries)
        if not self._shared or not lasts:
            at = self._env.now + tries * (delay + lasts)
            self._agenda.at(at, self._arrive, message)
        else:
            begin = max(self._env.now, self._busy_up[source])
            self._busy_up[source] = begin + tries * lasts
            at = begin + (tries - 1) * (delay + lasts) + delay
            self._agenda.at(at, self._reach, (lasts, message))
        return wire * tries

    def _reach(self, one: tuple[int, Any]) -> None:
        """Let a message through the receiver's way down, behind those that came before."""
        lasts, message = one
        target = message[1]
        done = max(self._env.now, self._busy_down[target]) + lasts
        self._busy_down[target] = done
        self._agenda.at(done, self._arrive, message)

    def _arrive(self, message: tuple[Any, ...]) -> None:
        source, target, edge, lives, lost, wire, then, argument = message
        world = self._world
        link = world.link[edge] if edge >= 0 else 0
        came = not lost and lives == (world.sender[source], world.receiver[target], link)
        if came and self.meter is not None:
            self.meter.received(target, wire)
        then(argument, came)

    def _tries(self, pair: int, number: int, loss: float, wire: int) -> tuple[int, bool]:
        """Return how often a message is sent, and whether it is lost all the same."""
        config = self._config
        survives = 1.0 - loss
        if config.packet is not None:
            survives **= math.ceil(wire / config.packet)
        drawn = draw_bits(self._key, pair, number) * UNIT
        if not config.resend:
            return 1, drawn >= survives
        # The number of tries is geometric; one draw tells it.
        if survives <= 0:
            return config.max_tries, True
        if survives >= 1 or drawn < survives:
            return 1, False
        tries = math.ceil(math.log1p(-drawn) / math.log1p(-survives)) if drawn < 1 else math.inf
        lost = tries > config.max_tries
        return int(min(max(tries, 1), config.max_tries)), lost

    def _delay(self, law: LawConfig, pair: int, number: int) -> int:
        """Return the delay of a link's message with that number."""
        block, place = divmod(number, _BLOCK)
        if place == 0:
            stream = self._streams.generator("decentralized.delay", pair, block)
            self._drawn[pair] = draw(law, stream, _BLOCK)
        return max(0, round(float(self._drawn[pair][place]) * SECOND))


def device_rates(config: LinksBlock, nodes: int) -> tuple[list[float], list[float]]:
    """Return the rates up and down of every node; 0 where nothing limits them.

    Raises
    ------
    ProblemsFound
        If the file of rates names a node that is not there, or one twice.
    """
    shared = config.rate if config.share == "fifo" else None
    up, down = (
        [float(config.up or shared or 0)] * nodes,
        [float(config.down or shared or 0)] * nodes,
    )
    if isinstance(config.per_node, DevicesConfig):
        columns = read(config.per_node.file.path, {"node": INDEX, "up": _RATE, "down": _RATE})
        seen: set[int] = set()
        for row, node in enumerate(columns["node"].tolist()):
            if node >= nodes or node in seen:
                what = "stands twice" if node in seen else f"is none of 0 to {nodes - 1:,}"
                raise ProblemsFound(columns.problem(row, f"node {node:,} {what}", "one row a node"))
            seen.add(node)
            up[node], down[node] = float(columns["up"][row]), float(columns["down"][row])
        return up, down
    for one in config.per_node:
        if one.node < nodes:
            up[one.node] = float(one.up or up[one.node])
            down[one.node] = float(one.down or down[one.node])
    return up, down


def links_problems(
    config: LinksBlock, nodes: int, edges: set[tuple[int, int]] | None
) -> list[Problem]:
    """Return which nodes and links of the block are not there; `edges` where they are known."""
    found = []
    for index, one in enumerate(config.per_arc):
        a, b = one.arc
        if not (0 <= a < nodes and 0 <= b < nodes) or (edges is not None and one.arc not in edges):
            message = f"there is no link from {a} to {b}"
            hint = "name two nodes that the topology joins"
            at = ("links", "per_arc", index, "arc")
            found.append(Problem(message, at, "out-of-range", hint))
    if isinstance(config.per_node, DevicesConfig):
        try:
            device_rates(config, nodes)
        except ProblemsFound as wrong:
            found += wrong.problems
    else:
        for index, device in enumerate(config.per_node):
            if device.node >= nodes:
                message = f"there is no node {device.node:,}"
                at = ("links", "per_node", index, "node")
                hint = f"nodes are numbered 0 to {nodes - 1:,}"
                found.append(Problem(message, at, "out-of-range", hint))
    return found
