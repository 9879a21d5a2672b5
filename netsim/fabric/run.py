"""One replication of the family `fabric`: submit all flows, let time pass, write the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from netsim.fabric.connect import connect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from netsim.fabric.schema import FabricScenario
    from netsim.family import RunContext, Scalar


class FabricRun:
    """The flows of one replication on their way."""

    def __init__(self, scenario: FabricScenario, context: RunContext) -> None:
        self._scenario = scenario
        self._context = context
        self._fabric = connect(scenario, context)

    def progress(self) -> float | None:
        """Return the share of packets that are delivered."""
        return self._fabric.delivered

    def finish(self) -> Mapping[str, Scalar]:
        """Write the network's tables; return makespan, completion times and losses."""
        tables = self._fabric.finish(self._context.recorder)
        flows, links = tables["flows"], tables["link_totals"]
        waiting = bool((np.asarray(flows["status"]) == "unfinished").any())
        status = {"status": "unfinished"} if waiting else {}
        return {**status, **self._summary(flows), **_link_summary(links)}

    def _summary(self, flows: Mapping[str, Any]) -> dict[str, Scalar]:
        """Return what is told of the flows that start when the warm-up is over."""
        counted = np.asarray(flows["start"] >= self._scenario.record.warmup)
        done = counted & ~np.ma.getmaskarray(flows["end_rx"])
        fct = np.asarray(flows["fct"])[done]
        slowdown = np.asarray(flows["slowdown"])[done]
        packets = int(flows["packets"][counted].sum())
        sent_again, drops = (int(flows[name][counted].sum()) for name in ("retransmits", "drops"))
        return {
            "makespan": int(flows["end_rx"][done].max()) if done.any() else None,
            "flows": int(counted.sum()),
            "unfinished": int((counted & (np.asarray(flows["status"]) != "done")).sum()),
            "packet_hops": self._fabric.packet_hops,
            "fct_mean": _of(fct, np.mean),
            "fct_median": _of(fct, np.median),
            "fct_p99": _of(fct, lambda values: np.percentile(values, 99)),
            "fct_max": _of(fct, np.max),
            "slowdown_mean": _of(slowdown, np.mean),
            "slowdown_max": _of(slowdown, np.max),
            "out_of_order": int(flows["out_of_order"][counted].sum()) / max(1, packets),
            "max_reorder": int(flows["max_reorder"][counted].max(initial=0)),
            "retransmits": sent_again,
            "duplicates": _duplicates(flows, done),
            "drops": drops,
            "drop_share": drops / max(1, packets + sent_again),
        }


def _of(values: NDArray[np.float64], statistic: Any) -> float | None:
    """Return the statistic of `values`, or None where there are none."""
    return float(statistic(values)) if len(values) else None


def _duplicates(flows: Mapping[str, Any], done: NDArray[np.bool_]) -> int:
    """Return the data packets that arrived though they had arrived already.

    Of a flow that is done every packet has arrived once, so of what was sent again as much arrived
    twice as was not lost; where a run is stopped meanwhile, what is on its way counts as well.
    """
    return int((flows["retransmits"][done] - flows["drops"][done]).clip(min=0).sum())


def _link_summary(links: Mapping[str, Any]) -> dict[str, Scalar]:
    """Return what is told of the links, over the whole run as in `link_totals`."""
    return {
        "ecn_marks": int(links["ecn_marks"].sum()),
        "link_utilization_max": float(links["utilization_mean"].max(initial=0.0)),
        "queue_max": int(links["queue_max"].max(initial=0)),
    }
