"""Read networks of quantum routers from the JSON files of SeQUeNCe.

Read are routers (``type: QuantumRouter``) with the size of their memory array, fibres between them
(``qconnections``, each with a station midway, or two ``qchannels`` that meet at a ``BSMNode``), and
classical delays (``cconnections``, ``cchannels``). Attenuation there is in dB per metre, delays are
in ps; where a connection gives a distance alone its delay is that of light and 10 us of processing,
as in SeQUeNCe.
Templates say what memories and detectors can. What a scenario has to say itself (end, formalism,
fidelities of gates) is not read, and the notes name it.

Fibre arms of unequal length are read as one fibre with its station midway, and noted.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from netsim.datafiles.text_file import LARGEST, read_text
from netsim.findings import Findings
from netsim.registry import did_you_mean
from netsim.strict_json import JsonError, parse

#: ps that light needs for a metre of fibre, and that a message is worked on where the file says no
#: delay (the defaults of SeQUeNCe).
_PER_METRE: Final = 5000.0
_PROCESSING: Final = 10_000_000
#: Memories of a router that says no number.
_MEMORIES: Final = 50
_ROUTER, _STATION = "QuantumRouter", "BSMNode"
_LISTS: Final = ("nodes", "qconnections", "cconnections", "qchannels", "cchannels")
_TOLD: Final = ("stop_time", "formalism", "gate_fidelity", "measurement_fidelity")


@dataclass(slots=True)
class Fibre:
    """A fibre of two routers, its station midway.

    Parameters
    ----------
    length
        Metres.
    attenuation
        dB/m.
    template, line
        Of its station, and where it stands.
    """

    length: float
    attenuation: float
    template: Mapping[str, Any]
    line: int


@dataclass(slots=True)
class SequenceFile:
    """What a file says, checked: routers by number, fibres and delays (ps) by pairs of them."""

    names: list[str] = field(default_factory=list)
    memories: list[int] = field(default_factory=list)
    templates: list[Mapping[str, Any]] = field(default_factory=list)
    fibres: dict[tuple[int, int], Fibre] = field(default_factory=dict)
    delays: dict[tuple[int, int], int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def number_in(template: Mapping[str, Any], block: str, name: str) -> float:
    """Return a number of a template, -1 if it says nothing."""
    inner = template.get(block)
    value = inner.get(name) if isinstance(inner, Mapping) else None
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and value is not None else -1.0


@functools.lru_cache(maxsize=4)
def read_sequence(path: Path, _: tuple[int, int] | None) -> SequenceFile:
    """Read once per state of the file: it is asked for its size, its notes and its graph.

    Raises
    ------
    ProblemsFound
        With what is wrong in the file.
    """
    return _Reader(path).read()


class _Reader:
    """One file while it is read."""

    def __init__(self, path: Path) -> None:
        self._findings = Findings(path)
        self._path = path
        self._text = read_text(path, LARGEST)
        try:
            self._tree = parse(self._text)
        except JsonError as bad:
            odd = re.search(r"\b(NaN|Infinity)\b", self._text)
            line = bad.line or (self._text.count("\n", 0, odd.start()) + 1 if odd else 0)
            self._stop(f"this is no JSON: {bad}", "check the syntax", line, "bad-file")
        if not isinstance(self._tree, dict) or not isinstance(self._tree.get("nodes"), list):
            hint = '{"nodes": [{"name", "type"}], "qconnections": [...], "cconnections": [...]}'
            self._stop("a topology file of SeQUeNCe holds 'nodes'", hint, 1, "missing-field")
        self._found = SequenceFile()
        self._number: dict[str, int] = {}
        self._stations: dict[str, tuple[Mapping[str, Any], int]] = {}

    def _stop(self, message: str, hint: str, line: int, code: str) -> None:
        self._findings.add(message, hint, line=line, code=code)
        raise self._findings.found()

    def read(self) -> SequenceFile:
        """Return what the file says."""
        for row, line in self._rows("nodes"):
            self._node(row, line)
        if not self._number:
            hint = f'"type": "{_ROUTER}"'
            self._findings.add("the file holds no router", hint, line=1, code="missing-field")
        for row, line in self._rows("qconnections"):
            self._fibre(row, line)
        self._channels()
        for row, line in (*self._rows("cconnections"), *self._rows("cchannels")):
            self._delay(row, line)
        self._neighbours_talk()
        self._findings.raise_any()
        foreign = sorted(set(self._tree) - {*_LISTS, "templates"})
        if foreign:
            told = [name for name in foreign if name in _TOLD]
            more = "; the scenario says what takes their place" if told else ""
            listed = ", ".join(name[:40] for name in foreign[:12])
            self._found.notes.append(f"{self._path.name}: not read: {listed}{more}")
        return self._found

    def _rows(self, key: str) -> Iterator[tuple[Mapping[str, Any], int]]:
        rows = self._tree.get(key, [])
        if not isinstance(rows, list):
            self._findings.add(f"'{key}' is not a list", f'"{key}": [...]', line=1)
            return
        for row, line in zip(rows, _lines(self._text, key, len(rows)), strict=True):
            if isinstance(row, dict):
                yield row, line
            else:
                self._findings.add(f"'{key}' holds objects", "{...}", line=line)

    def _node(self, row: Mapping[str, Any], line: int) -> None:
        name, kind = row.get("name"), row.get("type")
        if not isinstance(name, str) or not name or not name.isprintable():
            hint = '"name": "router_0"'
            self._findings.add("a node has a name", hint, line=line, code="missing-field")
        elif name in self._number or name in self._stations:
            message = f"two nodes are called '{name[:40]}'"
            self._findings.add(message, "rename one", line=line, code="duplicate")
        elif kind == _STATION:
            self._stations[name] = self._template(row, line), line
        elif kind != _ROUTER:
            message = f"node '{name[:40]}' is of type '{str(kind)[:40]}'"
            hint = f"known: {_ROUTER}, {_STATION}"
            self._findings.add(message, hint, line=line, code="unknown-name")
        else:
            size = self._number_of(row, "memo_size", line, whole=True)
            self._number[name] = len(self._found.names)
            self._found.names.append(name)
            self._found.memories.append(_MEMORIES if size is None else int(size))
            self._found.templates.append(self._template(row, line))

    def _template(self, row: Mapping[str, Any], line: int) -> Mapping[str, Any]:
        name = row.get("template")
        known = self._tree.get("templates", {})
        if name is None:
            return {}
        found = known.get(name) if isinstance(known, dict) and isinstance(name, str) else None
        if not isinstance(found, dict):
            near = did_you_mean(str(name), list(known)) if isinstance(known, dict) else None
            message = f"no template named '{str(name)[:40]}'"
            hint = near or "list it among the templates"
            self._findings.add(message, hint, line=line, code="unknown-name")
            return {}
        for key, least, most in (
            ("fidelity", 0.25, 1.0),
            ("efficiency", 0.0, 1.0),
            ("frequency", 0.0, math.inf),
        ):
            value = number_in(found, "MemoryArray", key)
            if value != -1.0 and not least <= value <= most:
                message = f"template '{name[:40]}': {key} of its memories is {value:g}"
                hint = f"from {least:g} to {most:g}"
                self._findings.add(message, hint, line=line, code="out-of-range")
        return found

    def _number_of(
        self, row: Mapping[str, Any], key: str, line: int, whole: bool = False
    ) -> float | None:
        """Return a number of a row that is not negative, None if it has none."""
        value = row.get(key)
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value < 1e18 or (whole and (value < 1 or value != int(value))):
            what = "a whole number above 0" if whole else "a number, not negative"
            message = f"'{key}' is {str(value)[:40]}"
            self._findings.add(message, what, line=line, code="out-of-range")
            return None
        return float(value)

    def _ends(
        self, row: Mapping[str, Any], keys: tuple[str, str], line: int
    ) -> tuple[str, str] | None:
        names = []
        for key in keys:
            name = row.get(key)
            if not isinstance(name, str):
                message = f"a connection names its '{key}'"
                hint = f'"{keys[0]}": "a", "{keys[1]}": "b"'
                self._findings.add(message, hint, line=line, code="missing-field")
                return None
            if name not in self._number and name not in self._stations:
                near = did_you_mean(name, [*self._number, *self._stations])
                message = f"no node named '{name[:40]}'"
                hint = near or "list it among the nodes"
                self._findings.add(message, hint, line=line, code="unknown-name")
                return None
            names.append(name)
        if names[0] == names[1]:
            message = f"'{names[0][:40]}' is connected to itself"
            self._findings.add(message, "name two nodes", line=line)
            return None
        return names[0], names[1]

    def _pair(self, one: str, other: str) -> tuple[int, int] | None:
        if one not in self._number or other not in self._number:
            return None
        low, high = sorted((self._number[one], self._number[other]))
        return low, high

    def _fibre(self, row: Mapping[str, Any], line: int) -> None:
        ends = self._ends(row, ("node1", "node2"), line)
        length = self._required(row, "distance", line)
        attenuation = self._required(row, "attenuation", line)
        kind = row.get("type", "meet_in_the_middle")
        if kind != "meet_in_the_middle":
            message = f"connections of type '{str(kind)[:40]}' are not read"
            self._findings.add(message, "known: meet_in_the_middle", line=line, code="unknown-name")
        pair = self._pair(*ends) if ends is not None else None
        if ends is not None and pair is None:
            message = "a quantum connection joins two routers"
            self._findings.add(message, "stations are joined by qchannels", line=line)
        if pair is None or length is None or attenuation is None:
            return
        self._add(pair, Fibre(length, attenuation, self._template(row, line), line))

    def _required(self, row: Mapping[str, Any], key: str, line: int) -> float | None:
        if row.get(key) is None:
            hint = f'"{key}": 1000' if key == "distance" else f'"{key}": 0.0002'
            message = f"'{key}' of this connection is missing"
            self._findings.add(message, hint, line=line, code="missing-field")
            return None
        value = self._number_of(row, key, line)
        if key == "distance" and value == 0:
            message = "a fibre is longer than nothing"
            self._findings.add(message, '"distance": 1000', line=line, code="out-of-range")
            return None
        return value

    def _add(self, pair: tuple[int, int], fibre: Fibre) -> None:
        if pair in self._found.fibres:
            names = " and ".join(f"'{self._found.names[at][:40]}'" for at in pair)
            message = f"{names} are connected twice"
            hint = f"the first is in line {self._found.fibres[pair].line}"
            self._findings.add(message, hint, line=fibre.line, code="duplicate")
        else:
            self._found.fibres[pair] = fibre

    def _channels(self) -> None:
        """Join the channels that meet at a station to fibres."""
        arms: dict[str, list[tuple[str, float, float]]] = {name: [] for name in self._stations}
        for row, line in self._rows("qchannels"):
            ends = self._ends(row, ("source", "destination"), line)
            length = self._required(row, "distance", line)
            attenuation = self._required(row, "attenuation", line)
            if ends is None or length is None or attenuation is None:
                continue
            if ends[1] not in self._stations or ends[0] not in self._number:
                message = "a quantum channel leads from a router to a station"
                self._findings.add(message, f'"type": "{_STATION}" of its end', line=line)
                continue
            arms[ends[1]].append((ends[0], length, attenuation))
        for station, met in arms.items():
            template, line = self._stations[station]
            if len(met) != 2 or met[0][0] == met[1][0]:
                routers = len({arm[0] for arm in met})
                message = f"station '{station[:40]}' has arms to {routers} routers"
                hint = "two quantum channels lead to a station, from two routers"
                self._findings.add(message, hint, line=line, code="missing-field")
                continue
            (one, a, loss_a), (other, b, loss_b) = met
            pair = self._pair(one, other)
            if pair is not None:
                self._add(pair, Fibre(a + b, (a * loss_a + b * loss_b) / (a + b), template, line))
            if not math.isclose(a, b, rel_tol=0.01):
                self._found.notes.append(
                    f"{self._path.name}: station '{station}' has arms of {a:g} and {b:g} m; it is "
                    "taken as midway"
                )

    def _delay(self, row: Mapping[str, Any], line: int) -> None:
        one_way = "source" in row
        ends = self._ends(row, ("source", "destination") if one_way else ("node1", "node2"), line)
        delay = self._number_of(row, "delay", line)
        distance = self._number_of(row, "distance", line)
        if delay is None and distance is None:
            if row.get("delay") is None and row.get("distance") is None:
                message = "this connection has neither 'delay' nor 'distance'"
                hint = '"delay": 250000000, in ps'
                self._findings.add(message, hint, line=line, code="missing-field")
            return
        pair = self._pair(*ends) if ends is not None else None
        if pair is None:
            # Messages to a station are part of its link.
            return
        if delay is None:
            delay = (distance or 0.0) * _PER_METRE + _PROCESSING
        known = self._found.delays.get(pair)
        if known is not None and (not one_way or known != round(delay)):
            names = " and ".join(f"'{self._found.names[at][:40]}'" for at in pair)
            message = f"the delay of {names} is given twice"
            hint = "keep one; both directions of a pair are alike here"
            self._findings.add(message, hint, line=line, code="duplicate")
        self._found.delays[pair] = round(delay)

    def _neighbours_talk(self) -> None:
        for pair, fibre in self._found.fibres.items():
            if pair not in self._found.delays:
                names = " and ".join(f"'{self._found.names[at][:40]}'" for at in pair)
                message = f"no classical delay of {names} is given, and a fibre joins them"
                hint = "add a cconnection"
                self._findings.add(message, hint, line=fibre.line, code="missing-field")


def _lines(text: str, key: str, count: int) -> list[int]:
    """Return the line of each item in the first list called `key`, 0 where it cannot be told."""
    decoder = json.JSONDecoder()
    found = re.search(rf'"{key}"\s*:\s*\[', text)
    lines: list[int] = []
    at = found.end() if found else len(text)
    line, counted = text.count("\n", 0, at) + 1, at
    while len(lines) < count:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        try:
            _, end = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            break
        line, counted = line + text.count("\n", counted, at), at
        lines.append(line)
        at = end
    return lines + [0] * (count - len(lines))
