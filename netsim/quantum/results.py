"""Rows of the family's tables, gathered while time passes and written in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from netsim.metrics.conversion import Coded
from netsim.metrics.recorder import Recorder
from netsim.quantum.decay import PS
from netsim.quantum.keys import PROTOCOLS, fraction, qber_x, qber_z
from netsim.quantum.oneshot import First
from netsim.quantum.pair import Pair
from netsim.quantum.states import State
from netsim.quantum.streaming.stream import Outcome
from netsim.quantum.tables import CAUSES

#: Rows that are held as objects; more of them cost the garbage collector time.
BATCH: Final = 1 << 12

_CODES: Final = {cause: code for code, cause in enumerate(CAUSES)}


class Entanglements:
    """Rows of table `entanglements`.

    Parameters
    ----------
    recorder
        Where they go.
    names
        Of the routers.
    delivered_only
        Whether pairs that were not handed over are left out.
    """

    def __init__(self, recorder: Recorder, names: Sequence[str], delivered_only: bool) -> None:
        self._recorder, self._names = recorder, names
        self._delivered_only = delivered_only
        self._rows: list[tuple[Any, ...]] = []

    def of_path(
        self, path: Sequence[int], request: int | None, trial: int, t0: int
    ) -> Callable[[Pair, int, str], None]:
        """Return what takes the row of a pair of one path, its end and its cause.

        Instants count from `t0`; nobody's pair has no request. It is called for every pair, so it
        does as little as it can.
        """
        rows, codes, only, flush = self._rows, _CODES, self._delivered_only, self.flush

        def add(pair: Pair, now: int, cause: str) -> None:
            if only and cause != "delivered":
                return
            rows.append(
                (
                    pair.number,
                    request,
                    trial,
                    path[pair.near.position],
                    path[pair.far.position],
                    pair.level,
                    pair.created - t0,
                    now - t0,
                    pair.read(now, now)[0],
                    codes[cause],
                    pair.attempts,
                    pair.purifications,
                    pair.wait,
                    now - pair.birth,
                )
            )
            if len(rows) >= BATCH:
                flush()

        return add

    def add(
        self,
        pair: Pair,
        now: int,
        cause: str,
        path: Sequence[int],
        request: int | None,
        trial: int,
        t0: int,
    ) -> None:
        """Take one row, as `of_path` does."""
        self.of_path(path, request, trial, t0)(pair, now, cause)

    def add_stream(self, path: Sequence[int], request: int, rows: Any, values: Any) -> None:
        """Write rows of a stream that was played at once, as `streaming.layout` has them."""
        count, routers = len(rows), np.array(path, np.int64)
        number, near, far, level, created, ended, cause, attempts, birth = rows.T
        same = np.zeros(count, np.int64)
        self._recorder.write(
            "entanglements",
            {
                "pair": number.copy(),
                "request": same + request,
                "trial": same,
                "node_a": Coded(routers[near], self._names),
                "node_b": Coded(routers[far], self._names),
                "level": level.copy(),
                "created": created.copy(),
                "ended": ended.copy(),
                "fidelity": values[:, 0].copy(),
                "cause": Coded(cause.copy(), CAUSES),
                "attempts": attempts.copy(),
                "purifications": same,
                "wait": values[:, 1].copy(),
                "age": (ended - birth).astype(np.float64) * PS,
            },
        )

    def add_first(self, first: First, path: Sequence[int], request: int, done: int) -> None:
        """Write the rows of the first pairs of trials from `done` on."""
        self.flush()
        count, links = len(first.ended), len(path) - 1
        trial = np.arange(done, done + count)

        def same(value: int) -> Any:
            return np.full(count, value, np.int64)

        self._recorder.write(
            "entanglements",
            {
                # A trial makes a pair a link and one a swap, the last of which is delivered.
                "pair": (trial + 1) * (2 * links - 1) - 1,
                "request": same(request),
                "trial": trial,
                "node_a": Coded(same(path[0]), self._names),
                "node_b": Coded(same(path[-1]), self._names),
                "level": same(links),
                "created": first.created,
                "ended": first.ended,
                "fidelity": first.state[0],
                "cause": Coded(same(_CODES["delivered"]), CAUSES),
                "attempts": first.attempts,
                "purifications": same(0),
                "wait": first.wait,
                "age": (first.ended - first.birth) * PS,
            },
        )

    def flush(self) -> None:
        """Write what is gathered."""
        if not self._rows:
            return
        columns = list(zip(*self._rows, strict=True))
        self._rows.clear()
        pair, trial, a, b, level, created, ended, cause = (
            np.array(columns[i], np.int64) for i in (0, 2, 3, 4, 5, 6, 7, 9)
        )
        requests = list(columns[1]) if None in columns[1] else np.array(columns[1], np.int64)
        self._recorder.write(
            "entanglements",
            {
                "pair": pair,
                "request": requests,
                "trial": trial,
                "node_a": Coded(a, self._names),
                "node_b": Coded(b, self._names),
                "level": level,
                "created": created,
                "ended": ended,
                "fidelity": np.array(columns[8]),
                "cause": Coded(cause, CAUSES),
                "attempts": np.array(columns[10], np.int64),
                "purifications": np.array(columns[11], np.int64),
                "wait": np.array(columns[12], np.float64),
                "age": np.array(columns[13], np.float64) * PS,
            },
        )


class Tally:
    """What was delivered for one request.

    Parameters
    ----------
    number
        Of the request.
    start, end
        Its interval (ps).
    """

    def __init__(self, number: int, start: int, end: int) -> None:
        self.number, self.start, self.end = number, start, end
        self.first: int | None = None
        self.pairs = 0
        self.waited = 0.0
        self.served: int | None = None
        self._sums = [0.0, 0.0, 0.0, 0.0]

    def add(self, state: State, now: int) -> None:
        """Take a delivered pair."""
        self.pairs += 1
        if self.first is None:
            self.first = now
        for component, weight in enumerate(state):
            self._sums[component] += weight

    def add_first(self, first: First, began: int) -> None:
        """Take the first pairs of many trials; they count as played one after another."""
        instants = first.ended.tolist()
        if self.first is None:
            self.first, self.end = began + instants[0], began
        self.pairs += len(instants)
        # As whole numbers, the sum of a million instants has no rounding.
        self.end += sum(instants)
        self.waited += sum(instants) * PS
        for component, weights in enumerate(first.state):
            self._sums[component] += float(weights.sum())

    def add_stream(self, outcome: Outcome) -> None:
        """Take what a stream that was played at once delivered."""
        self.pairs, self.first = outcome.pairs, outcome.first
        self._sums = list(outcome.sums)
        if outcome.served is not None:
            self.served = self.end = outcome.served

    @property
    def mean(self) -> State | None:
        """The mean state of the pairs, None if there are none."""
        if not self.pairs:
            return None
        i, z, x, y = (total / self.pairs for total in self._sums)
        return i, z, x, y

    @property
    def seconds(self) -> float:
        """Length of the interval."""
        return (self.end - self.start) * PS

    @property
    def rate(self) -> float:
        """Pairs per second."""
        return self.pairs / self.seconds if self.seconds > 0 else 0.0

    def key_rows(self, bound: float | None) -> list[dict[str, Any]]:
        """Return the rows of table `keys`."""
        mean = self.mean
        rows = []
        for protocol in PROTOCOLS:
            kept = 0.0 if mean is None else fraction(protocol, mean)
            rows.append(
                {
                    "request": self.number,
                    "protocol": protocol,
                    "pairs": self.pairs,
                    "raw_rate": self.rate,
                    "qber_z": None if mean is None else qber_z(mean),
                    "qber_x": None if mean is None else qber_x(mean),
                    "fraction": kept,
                    "rate": self.rate * kept,
                    "bound": bound,
                }
            )
        return rows
