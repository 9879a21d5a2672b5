"""One replication: turns of the schedule, learned from, measured, written."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from itertools import islice
from typing import Any, Final

import simpy

from netsim.decentralized.adversity import attack_of
from netsim.decentralized.company import weights_of
from netsim.decentralized.disruption import Span
from netsim.decentralized.measures import Measures
from netsim.decentralized.mixing_speed import Probe, is_mixing, predicted
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import Regroup, Schedule, Turn
from netsim.decentralized.schema import DecentralizedScenario
from netsim.decentralized.setting import first_mixture, setting_of
from netsim.decentralized.spectrum import slem
from netsim.decentralized.stale import Stale
from netsim.decentralized.story import Story
from netsim.decentralized.variance import VarianceCorrection
from netsim.family import RunContext, Scalar
from netsim.fields import implementation
from netsim.graphs.graph import Graph

#: Turns that replay makes ahead. Where it is cut changes no model.
AHEAD: Final = 256


class DecentralizedRun:
    """Peers, their schedule, and what is told of them.

    Parameters
    ----------
    scenario
        The validated scenario.
    context
        Environment, random streams and recorder of the replication.
    """

    def __init__(self, scenario: DecentralizedScenario, context: RunContext) -> None:
        self._scenario, self._context = scenario, context
        self._ahead = 1 if scenario.execution == "lockstep" else AHEAD
        setting = setting_of(scenario, context.streams)
        self._setting = setting
        correction = None
        if scenario.aggregate.variance_correction:
            correction = VarianceCorrection(setting.matrices, scenario.aggregate.target)
        key = context.streams.key("decentralized.compression")
        loss_rule = scenario.algorithm.loss_rule
        self.peers = Peers(
            setting.start,
            setting.objective,
            scenario.local.lr,
            scenario.local.steps or 1,
            scenario.round_count,
            scenario.compressor,
            key,
            correction,
            Stale(2 * setting.graph.edge_count) if loss_rule == "stale" else None,
            attack_of(scenario, context.streams),
            setting.attackers,
            scenario.defence,
        )
        chosen = implementation("algorithm", scenario.algorithm)
        self._algorithm = chosen(scenario.algorithm, self.peers, context.streams)
        regroup: Regroup | None = None
        if hasattr(chosen, "regroup"):
            regroup = chosen.regroup(scenario.algorithm, context.streams)
        elif scenario.partners is not None:
            rule = implementation("partners", scenario.partners)
            regroup = rule.regroup(scenario.partners, setting.graph, context.streams)
        self._probe: Probe | None = None
        if is_mixing(scenario):
            self._probe = Probe(setting.graph.node_count, context.streams)
        self._schedule = Schedule(
            setting.graph,
            [one for one in setting.spans if not one.clock],
            weights_of(scenario),
            setting.weighed,
            loss_rule,
            context.streams,
            regroup,
        )
        self._measures = Measures(context.recorder, self.peers, setting.attackers)
        self._vectors = frozenset(scenario.record.vectors)
        self._pattern = first_mixture(scenario, setting.graph, setting.weighed).pattern
        self._done, self._version = 0, -1
        self._slem: float | None = None
        self._story = Story(self._measures, self.peers, scenario.target_accuracy)
        #: Now, where there is a clock.
        self._t: int | None = None
        self._start()

    def _start(self) -> None:
        """Let rounds begin."""
        self._context.env.process(self._run())

    def progress(self) -> float | None:
        """Return the share of the rounds that are over."""
        return self._done / self._scenario.round_count

    def _run(self) -> Generator[simpy.Event, Any, None]:
        self._evaluate(0)
        self._keep()
        for turn in self._turns():
            self._play(turn)
            yield self._context.env.timeout(0)
            if self._story.is_reached:
                break
        self._evaluate(0)

    def _turns(self) -> Iterator[Turn]:
        """Yield turns that are made some at a time."""
        source = self._schedule.turns(self._scenario.round_count)
        while some := list(islice(source, self._ahead)):
            yield from some

    def _play(self, turn: Turn) -> None:
        """Let everybody do one round, and look before and after what goes wrong."""
        if turn.changed:
            self._evaluate(0)
        before = self._story.accuracy
        self._pattern = turn.base.pattern
        if turn.version != self._version:
            self._version = turn.version
            self._end_version()
            setting, pattern = self._setting, turn.base.pattern
            found = slem(turn.base)
            speed = predicted(self._scenario, setting.graph, pattern, setting.weighed, found)
            self._measures.graph(turn.round, pattern, found, speed, self._t)
            self._slem = found if turn.round == 0 else self._slem
        self.peers.rejoin(turn)
        if turn.changed:
            self._evaluate(1)
        if turn.struck:
            self._story.strike(turn.round, before, self._t)
        self._algorithm.turn(turn)
        if self._probe is not None:
            self._probe.mix(turn.mixture)
        self._done = turn.round + 1
        self._count(turn)
        if self._done % self._scenario.eval.rounds == 0:
            self._evaluate(0)
        self._keep()

    def _end_version(self) -> None:
        """Write how fast the graph so far was found to mix, and look anew."""
        measured = None
        if self._probe is not None:
            measured = self._probe.contraction()
            self._probe.restart()
        self._measures.end_graph(measured)

    def _count(self, turn: Turn) -> None:
        """Take over what a clock has counted."""

    def _evaluate(self, stage: int) -> None:
        """Score all models, once for the same round and stage."""
        self._story.evaluate(self._done, stage, self._pattern, self._t)

    def _keep(self) -> None:
        """Write all models if that is asked for now."""
        if self._done in self._vectors:
            self._measures.vectors(self._done)

    def finish(self) -> Mapping[str, Scalar]:
        """Write the disruptions and return the run's figures."""
        self._end_version()
        self._write_disruptions()
        peers = self.peers
        return {
            **self._story.figures(),
            "accuracy_honest": self._measures.honest,
            "bytes": int(peers.bytes_sent.sum()),
            "messages": int(peers.sent.sum()),
            "slem": self._slem,
            "rounds": self._done,
            "label_entropy": self._setting.label_entropy,
            "label_divergence": self._setting.label_divergence,
        }

    def _write_disruptions(self) -> None:
        rows: list[tuple[Any, ...]] = []
        for span, begin, end in self._past():
            instants = (None, None, begin, end) if span.clock else (begin, end, None, None)
            rows += [
                (span.entry, span.kind, target, *instants)
                for target in _targets(span, self._setting.graph)
            ]
        names = ("entry", "kind", "target", "round", "end_round", "start", "end")
        columns: dict[str, Any] = {
            name: [row[place] for row in rows] for place, name in enumerate(names)
        }
        columns["disruption"] = list(range(len(rows)))
        self._context.recorder.write("disruptions", columns)

    def _past(self) -> list[tuple[Span, int, int | None]]:
        """Return what has struck, when it began, and when it was over if it is."""
        return [
            (one, one.begin, one.end if one.end is not None and one.end < self._done else None)
            for one in self._setting.spans
            if not one.clock and one.begin < self._done
        ]


def _targets(span: Span, graph: Graph) -> list[str]:
    """Return what a span struck, in words."""
    if span.loss is not None:
        if len(span.arcs) == 2 * graph.edge_count:
            return ["links"]
        found = []
        for arc in span.arcs.tolist():
            ends = graph.edges[arc // 2].tolist()
            source, target = ends if arc % 2 == 0 else ends[::-1]
            found.append(f"{source}->{target}")
        return found
    nodes = [f"node {node}" for node in span.nodes.tolist()]
    return nodes + [f"link {a}-{b}" for a, b in graph.edges[span.edges].tolist()]
