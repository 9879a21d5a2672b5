"""What is told of the peers at an evaluation: survivors always split by their component."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from netsim.decentralized.objective import CHUNK
from netsim.decentralized.pattern import Pattern
from netsim.decentralized.peers import Peers
from netsim.decentralized.schedule import (
    GIANT,
    ISOLATED,
    KINDS_OF_COMPONENT,
    SMALL,
    components_of,
)
from netsim.decentralized.spectrum import connectivity, diameter_of
from netsim.metrics.recorder import Recorder

Floats = NDArray[np.float64]

#: Columns that only a clock can fill.
_OF_CLOCKS = ("wait", "compute", "staleness", "energy", "x", "y")
_COUNTS = ("bytes_sent", "bytes_received", "messages_sent", "messages_received", "messages_lost")


class Measures:
    """Writes the tables `learning`, `peers`, `graph` and `vectors`.

    Parameters
    ----------
    recorder
        Where they go.
    peers
        Whom they are of.
    attackers
        Which of them mean harm.
    """

    def __init__(self, recorder: Recorder, peers: Peers, attackers: Any = ()) -> None:
        self._recorder, self._peers = recorder, peers
        self._attacks = np.zeros(len(peers.theta), np.bool_)
        self._attacks[np.asarray(attackers, np.int64)] = True
        self._before = self._counts()
        self._graph: dict[str, Any] | None = None
        #: Mean loss, and who was there, at the last evaluation.
        self.loss: float | None = None
        self.honest: float | None = None
        #: Returns further columns of the table `peers`: what a clock knows of every node.
        self.clock: Callable[[], Mapping[str, Any]] | None = None
        self.shape: dict[str, int] = {}

    def _counts(self) -> list[NDArray[np.int64]]:
        one = self._peers
        counts = (one.bytes_sent, one.bytes_received, one.sent, one.received, one.lost)
        return [count.copy() for count in counts]

    def evaluate(
        self, number: int, stage: int, pattern: Pattern, t: int | None = None
    ) -> float | None:
        """Write how the peers do after `number` rounds and return their mean accuracy."""
        peers = self._peers
        label, kind = components_of(pattern)
        theta, alive = peers.theta, pattern.alive
        loss, accuracy = peers.objective.evaluate(theta)
        live = theta if alive.all() else theta[alive]
        mean = live.mean(axis=0, dtype=np.float64) if alive.any() else None
        away = np.full(len(theta), np.nan)
        of_mean: tuple[float | None, float | None] = (None, None)
        if mean is not None:
            centre = mean
            away[alive] = _of_rows(live, lambda some: np.linalg.norm(some - centre, axis=1))
            losses, rights = peers.objective.evaluate(mean.astype(theta.dtype)[None, :])
            of_mean = float(losses[0]), None if rights is None else float(rights[0])
        row: dict[str, Any] = {"round": number, "stage": stage, "t": t}
        row |= {"loss": _mean(loss[alive]), "loss_of_mean": of_mean[0]}
        row |= _spread(accuracy, alive, kind) | {"accuracy_of_mean": of_mean[1]}
        good = alive & ~self._attacks
        self.honest = None if accuracy is None else _mean(accuracy[good])
        row["accuracy_honest"] = self.honest
        row["consensus_distance"] = _mean(away[alive] ** 2)
        self.loss, self.shape = row["loss"], _shape(pattern)
        row |= self.shape
        row |= {
            "bytes": int(peers.bytes_sent.sum()),
            "messages": int(peers.sent.sum()),
            "messages_lost": int(peers.lost.sum()),
        }
        self._recorder.write_row("learning", row)
        self._write_peers(number, stage, t, pattern, label, kind, loss, accuracy, away)
        mean_accuracy: float | None = row["accuracy"]
        return mean_accuracy

    def _write_peers(
        self,
        number: int,
        stage: int,
        t: int | None,
        pattern: Pattern,
        label: NDArray[np.int64],
        kind: NDArray[np.int64],
        loss: Floats,
        accuracy: Floats | None,
        away: Floats,
    ) -> None:
        peers, nodes = self._peers, len(label)
        counts = self._counts()
        since = [new - old for new, old in zip(counts, self._before, strict=True)]
        self._before = counts
        theta = peers.theta
        everyone = np.arange(nodes)
        gone = ~pattern.alive
        self._recorder.write(
            "peers",
            {
                "round": np.full(nodes, number),
                "stage": np.full(nodes, stage),
                "node": everyone,
                "t": [t] * nodes,
                "alive": pattern.alive.copy(),
                "attacker": self._attacks.copy(),
                "component": np.ma.array(label, mask=gone),
                "component_kind": [KINDS_OF_COMPONENT[code] for code in kind.tolist()],
                "degree": pattern.degree.copy(),
                "data_size": peers.objective.sizes.astype(np.int64),
                "train_loss": _nullable(peers.objective.own_loss(peers.theta, everyone)),
                "test_loss": loss,
                "accuracy": [None] * nodes if accuracy is None else accuracy,
                "distance_to_mean": _nullable(away),
                "model_norm": _of_rows(theta, lambda some: np.linalg.norm(some, axis=1)),
                "model_variance": _of_rows(theta, lambda some: some.var(axis=1)),
                **dict(zip(_COUNTS, since, strict=True)),
                **dict.fromkeys(_OF_CLOCKS, [None] * nodes),
                **({} if self.clock is None else self.clock()),
            },
        )

    def graph(
        self,
        number: int,
        pattern: Pattern,
        modulus: float | None,
        predicted: float | None,
        t: int | None = None,
    ) -> None:
        """Keep what the graph is like from round `number` on.

        `modulus` is its SLEM, `predicted` by what distances should shrink; the row is written once
        it is known by what they did (`end_graph`).
        """
        alive = pattern.alive
        degree = pattern.degree[alive]
        self._graph = {
            "round": number,
            "t": t,
            "slem": modulus,
            "contraction_predicted": predicted,
            "connectivity": connectivity(pattern),
            "degree_min": int(degree.min()) if len(degree) else None,
            "degree_mean": float(degree.mean()) if len(degree) else None,
            "degree_max": int(degree.max()) if len(degree) else None,
            "diameter": diameter_of(pattern),
            **{name: value for name, value in _shape(pattern).items() if name != "alive"},
        }

    def end_graph(self, contraction: float | None) -> None:
        """Write the row of the graph that ends, and by what distances were found to shrink."""
        if self._graph is not None:
            self._recorder.write_row("graph", self._graph | {"contraction": contraction})
        self._graph = None

    def vectors(self, number: int) -> None:
        """Write all models after `number` rounds."""
        theta = self._peers.theta
        nodes, size = theta.shape
        self._recorder.write(
            "vectors",
            {
                "round": np.full(nodes * size, number),
                "node": np.repeat(np.arange(nodes), size),
                "component": np.tile(np.arange(size), nodes),
                "value": theta.astype(np.float64).ravel(),
            },
        )


def _of_rows(theta: Any, measure: Callable[[Floats], Floats]) -> Floats:
    """Return a figure of every row in double precision, some rows at a time to save memory."""
    found = np.empty(len(theta))
    for first in range(0, len(theta), CHUNK):
        some = slice(first, first + CHUNK)
        found[some] = measure(theta[some].astype(np.float64))
    return found


def _shape(pattern: Pattern) -> dict[str, int]:
    """Return how many nodes and components there are."""
    label = pattern.components[pattern.alive]
    size = np.bincount(label) if len(label) else np.zeros(0, np.int64)
    return {
        "alive": len(label),
        "components": len(size),
        "largest_component": int(size.max(initial=0)),
        "isolated": int((size == 1).sum()),
    }


def _spread(accuracy: Floats | None, alive: NDArray[np.bool_], kind: Any) -> dict[str, Any]:
    """Return the accuracy of the live nodes: mean, spread, and mean per kind of component."""
    names = ("", "_min", "_max", "_p10", "_p90", "_std", "_largest", "_small", "_isolated")
    row: dict[str, Any] = {f"accuracy{name}": None for name in names}
    if accuracy is None or not alive.any():
        return row
    live = accuracy[alive]
    low, high = np.quantile(live, (0.1, 0.9))
    row |= {
        "accuracy": float(live.mean()),
        "accuracy_min": float(live.min()),
        "accuracy_max": float(live.max()),
        "accuracy_p10": float(low),
        "accuracy_p90": float(high),
        "accuracy_std": float(live.std()),
    }
    for code, name in ((GIANT, "largest"), (SMALL, "small"), (ISOLATED, "isolated")):
        row[f"accuracy_{name}"] = _mean(accuracy[kind == code])
    return row


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _nullable(values: Floats) -> Any:
    return np.ma.array(values, mask=np.isnan(values))
