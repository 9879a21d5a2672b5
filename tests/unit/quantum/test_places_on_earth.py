"""Routers on a map: a GraphML file with coordinates, whose fibres follow great circles."""

from __future__ import annotations

import math

import pytest
import quantum_blocks as blocks

import netsim
from netsim.graphs.file import EARTH
from netsim.quantum.decay import PS
from netsim.quantum.wiring import Routers
from netsim.rng import Streams

#: Three on the equator or on one meridian, a tenth of a degree apart, and a detour in the north.
PLACES = {"west": (0.0, 10.0), "east": (0.0, 10.1), "south": (-0.1, 10.1), "north": (60.0, 10.0)}
FIBRES = (("west", "east"), ("east", "south"), ("west", "north"), ("north", "south"))
#: Metres of a tenth of a degree of a great circle.
TENTH = EARTH * math.radians(0.1)
SPEED = 2.0e8


@pytest.fixture
def given(tmp_path):
    nodes = "".join(
        f'<node id="{name}"><data key="d0">{north}</data><data key="d1">{east}</data></node>'
        for name, (north, east) in PLACES.items()
    )
    edges = "".join(f'<edge source="{a}" target="{b}"/>' for a, b in FIBRES)
    file = tmp_path / "places.graphml"
    file.write_text(
        '<?xml version="1.0" encoding="utf-8"?>'
        '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
        '<key attr.name="Latitude" attr.type="double" for="node" id="d0"/>'
        '<key attr.name="Longitude" attr.type="double" for="node" id="d1"/>'
        f'<graph edgedefault="undirected">{nodes}{edges}</graph></graphml>'
    )
    return blocks.scenario(
        chain=None,
        topology={"kind": "file", "file": str(file)},
        memory={"count": 4},
        request={"from": "west", "to": "south", "memories": 1, "end": "2 s"},
    )


def test_fibres_are_as_long_as_the_way_along_the_earth(given):
    routers = Routers(netsim.load(given).model, Streams(1))
    west, east, south, north = range(4)

    assert routers.names == tuple(PLACES)
    assert routers.length(west, east) == pytest.approx(TENTH, rel=1e-9)
    assert routers.length(east, south) == pytest.approx(TENTH, rel=1e-9)
    assert routers.length(west, north) == pytest.approx(EARTH * math.radians(60), rel=1e-9)
    assert routers.path(west, south) == [west, east, south]
    edge = routers.edge(west, east)
    assert edge.delay == pytest.approx(TENTH / SPEED / PS, abs=1)
    # Half of the fibre lies on either side of the station: the two arms lose what all of it would.
    through = 10 ** (-0.2 * TENTH / 1e3 / 10)
    assert edge.model.success == pytest.approx(0.5 * (0.75 * 0.8) ** 2 * through, rel=1e-9)


def test_messages_take_as_long_as_light_along_the_earth(given):
    result = netsim.run(netsim.load(given))
    (request,) = blocks.rows(result, "requests")

    assert (request["src"], request["dst"], request["hops"]) == ("west", "south", 2)
    # The approval is back after twice the whole way.
    assert request["start"] == pytest.approx(4 * TENTH / SPEED / PS, abs=4)
    assert request["pairs"] > 20
