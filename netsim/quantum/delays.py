"""Classical delays that are given pair by pair: by a file, or with the graph of the routers.

Messages between routers that are no neighbours need not take as long as those that pass them on, so
such a list stands for itself. A pair that it does not name has the delay of the fibres between.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netsim import units
from netsim.datafiles.text_file import LARGEST, read_text, state_of
from netsim.datafiles.yaml_tree import Rows, TreeError, parse_tree
from netsim.findings import Findings
from netsim.strict_json import JsonError, parse

if TYPE_CHECKING:
    from netsim.graphs.graph import Graph
    from netsim.quantum.schema import QuantumScenario

_SHAPE = "delays: [{a: north, b: south, delay: 250 us}]"
_LARGEST_YAML = 2**19


def given_delays(
    scenario: QuantumScenario, graph: Graph | None
) -> dict[tuple[int, int], int] | None:
    """Return the delays (ps) that are given by pairs of router numbers, None if there are none."""
    if scenario.classical.delay is not None or graph is None:
        return None
    found = dict(getattr(graph, "delays", {}))
    if scenario.classical.file is not None:
        path = scenario.classical.file.path
        for one, other, delay, line in read_delays(path, state_of(path)):
            if one not in graph.numbers or other not in graph.numbers:
                wrong = one if one not in graph.numbers else other
                findings = Findings(path, ("classical", "file"))
                hint = "name routers of the topology"
                findings.add(
                    f"no router named '{wrong[:40]}'", hint, line=line, code="unknown-name"
                )
                raise findings.found()
            low, high = sorted((graph.numbers[one], graph.numbers[other]))
            found[low, high] = delay
    return found or None


@functools.lru_cache(maxsize=4)
def read_delays(path: Path, _: tuple[int, int] | None) -> tuple[tuple[str, str, int, int], ...]:
    """Return the rows of a file's list `delays`: two names, ps, and the line.

    Raises
    ------
    ProblemsFound
        With what is wrong in the file.
    """
    findings = Findings(path, ("classical", "file"))
    rows = _rows(path, findings)
    found: list[tuple[str, str, int, int]] = []
    seen: set[tuple[str, ...]] = set()
    for index, row in enumerate(rows):
        line = rows.lines[index] if isinstance(rows, Rows) else 0
        if not isinstance(row, dict) or not all(
            isinstance(row.get(key), str) for key in ("a", "b", "delay")
        ):
            findings.add("a delay names two routers and a time", _SHAPE, line=line)
            continue
        try:
            delay = round(float(units.parse(row["delay"], "time")))
        except units.UnitError as bad:
            findings.add(str(bad), bad.hint, line=line, code="bad-unit")
            continue
        pair = tuple(sorted((row["a"], row["b"])))
        if pair in seen:
            message = f"the delay of '{pair[0][:40]}' and '{pair[1][:40]}' stands twice"
            findings.add(message, "remove one of them", line=line, code="duplicate")
        if delay < 0:
            findings.add("a delay is not negative", "0 s", line=line, code="out-of-range")
        seen.add(pair)
        found.append((row["a"], row["b"], delay, line))
    findings.raise_any()
    return tuple(found)


def _rows(path: Path, findings: Findings) -> Any:
    json = path.suffix.lower() == ".json"
    text = read_text(path, LARGEST if json else _LARGEST_YAML)
    try:
        tree = parse(text) if json else parse_tree(text)
    except JsonError as bad:
        findings.add(f"this is no JSON: {bad}", "check the syntax", line=bad.line, code="bad-file")
        raise findings.found() from None
    except TreeError as bad:
        findings.add(str(bad), bad.hint, line=bad.line, code="bad-file")
        raise findings.found() from None
    rows = tree.get("delays") if isinstance(tree, dict) else None
    if not isinstance(rows, list):
        findings.add("the file holds no list 'delays'", _SHAPE, line=1, code="missing-field")
        raise findings.found()
    return rows
