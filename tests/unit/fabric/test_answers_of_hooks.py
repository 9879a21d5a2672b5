"""What a hook of a policy or a transport answers is checked, and blamed on its own file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from netsim.errors import RegistryError, SimulationError
from netsim.fabric.balancing.rps import RandomPacketSpraying
from netsim.fabric.balancing.single import SinglePath
from netsim.fabric.batch import FlowBatch
from netsim.fabric.kernel import answers, builder, codegen
from netsim.fabric.kernel import run as source
from netsim.fabric.kernel.compile import Linker
from netsim.fabric.kernel.label import ACK, TAG_BITS, label_of
from netsim.fabric.transports.fixed_window import FixedWindow
from netsim.fabric.transports.open_loop import OpenLoop, sendable

HERE = __file__


def one_before(state, packet, switch, first, n, now):
    return first - 1


def one_beyond(state, packet, switch, first, n, now):
    return first + n


def far_away(state, packet, switch, first, n, now):
    return 1 << 40


def last(state, packet, switch, first, n, now):
    return first + n - 1


def wide_tag(state, flow, label, now):
    return 1 << TAG_BITS


def negative_tag(state, flow, label, now):
    return -1


def widest_tag(state, flow, label, now):
    return (1 << TAG_BITS) - 1


def next_flow(state, flow, now):
    return label_of(flow + 1, 0, 0)


def beyond_its_packets(state, flow, now):
    return label_of(flow, 2, 0)


def answers_another_flow(state, flow, packet, now):
    return label_of(flow + 1, 0, 0) | ACK


def answers_with_data(state, flow, packet, now):
    return label_of(flow, 1, 0)


def this_instant(state, flow, now):
    return now


def variant(model, **hooks):
    """Return `model` with other hooks."""
    return type("Variant", (model,), {name: staticmethod(hook) for name, hook in hooks.items()})


def simulate(monkeypatch, make_fabric, policy, transport=OpenLoop, window=None, **fields):
    """Send two flows of two packets between leaves, in plain Python."""
    name = next(n for n, t in TRANSPORTS.items() if issubclass(transport, t))
    run = builder.interpreted(policy, transport)
    monkeypatch.setattr(builder, "build", lambda *_, **__: run)
    fabric = make_fabric((2, 2, 2), transport=name, window=window, **fields)
    fabric._parts = replace(fabric._parts, policy=policy, protocol=transport)
    fabric.submit(FlowBatch(src=[0, 1], dst=[2, 3], size=[8192, 8192], start=[0, 0]))
    fabric.env.run()
    return fabric


TRANSPORTS = {"open_loop": OpenLoop, "fixed_window": FixedWindow}


@pytest.mark.parametrize("choose", [one_before, one_beyond, far_away])
def test_a_port_out_of_range_is_an_error_at_the_line_of_choose(monkeypatch, make_fabric, choose):
    policy = variant(RandomPacketSpraying, choose=choose)

    with pytest.raises(SimulationError) as caught:
        simulate(monkeypatch, make_fabric, policy)

    place = f"{HERE}:{choose.__code__.co_firstlineno}:1: 'choose' of Variant answered the position"
    assert str(caught.value).startswith(place)
    assert "at leaf0" in str(caught.value)


def test_the_last_port_is_in_range(monkeypatch, make_fabric):
    fabric = simulate(
        monkeypatch, make_fabric, variant(RandomPacketSpraying, choose=last, tag=widest_tag)
    )

    assert fabric.unfinished == 0


@pytest.mark.parametrize("tag", [wide_tag, negative_tag])
def test_a_tag_that_a_packet_cannot_carry_is_an_error(monkeypatch, make_fabric, tag):
    with pytest.raises(SimulationError, match="'tag' of Variant answered the tag"):
        simulate(monkeypatch, make_fabric, variant(RandomPacketSpraying, tag=tag))


@pytest.mark.parametrize("take", [next_flow, beyond_its_packets])
def test_a_label_of_another_flow_or_beyond_the_last_packet_is_an_error(
    monkeypatch, make_fabric, take
):
    with pytest.raises(
        SimulationError, match=r"'take' of Variant answered the label .* for flow 0"
    ):
        simulate(monkeypatch, make_fabric, RandomPacketSpraying, variant(OpenLoop, take=take))


def test_a_deadline_that_does_not_lie_ahead_is_an_error(monkeypatch, make_fabric):
    transport = variant(FixedWindow, expire=this_instant)

    with pytest.raises(SimulationError, match="'expire' of Variant answered the deadline"):
        simulate(monkeypatch, make_fabric, RandomPacketSpraying, transport, rto="1 us")


@pytest.mark.parametrize("receive", [answers_another_flow, answers_with_data])
def test_a_reply_to_another_flow_or_without_its_bit_is_an_error(monkeypatch, make_fabric, receive):
    transport = variant(FixedWindow, receive=receive)

    said = pytest.raises(SimulationError, match="'receive' of Variant answered the label")
    with said, np.errstate(over="ignore"):  # hashing wraps around
        simulate(monkeypatch, make_fabric, RandomPacketSpraying, transport)


def test_an_explicit_path_may_not_lead_out_of_another_switch(monkeypatch, make_fabric):
    policy = variant(SinglePath, choose=one_beyond)
    state = make_fabric((2, 2, 2))._store.state
    plugs = builder.plugs_of(policy, OpenLoop, traced=False)
    leads_on = Linker(plugs).entry(answers.leads_on)
    at_leaf = [leads_on(state, position, 4, 0, 0) for position in range(-1, 1 + len(state.ports))]

    # Ports stand in groups by switch and destination leaf: of leaf 0 (node 4) the two towards
    # leaf 1, of leaf 1 the two towards leaf 0, and of each spine one towards either leaf.
    assert at_leaf.count(True) == 2
    assert not at_leaf[0]
    assert not at_leaf[-1]


def nothing(state, packet, switch, first, n, now):
    pass


def sometimes(state, packet, switch, first, n, now):
    if n > 1:
        return first


def real(state, packet, switch, first, n, now):
    return first + n / 2


def listed(state, packet, switch, first, n, now):
    return [first]


def paired(state, packet, switch, first, n, now):
    return first, n


def truth(state, packet, switch, first, n, now):
    return n > 1


def in_words(state, packet, switch, first, n, now):
    return "first"


@pytest.mark.parametrize(
    ("choose", "said"),
    [
        (nothing, "nothing: a 'return' is missing"),
        (sometimes, "nothing on some of its ways: a 'return' is missing"),
        (real, "a real number"),
        (listed, "a list"),
        (paired, "a tuple"),
        (truth, "True or False"),
        (in_words, "a text"),
    ],
)
def test_an_answer_of_another_type_is_an_error_at_the_line_of_the_hook(choose, said):
    plugs = builder.plugs_of(variant(RandomPacketSpraying, choose=choose), OpenLoop, traced=False)

    with pytest.raises(RegistryError) as caught:
        codegen.object_file(source.run, plugs)

    place = f"{HERE}:{choose.__code__.co_firstlineno}:1: "
    assert str(caught.value).startswith(f"{place}'choose' answers {said}")


def test_a_transport_says_with_a_truth_value_or_a_number_whether_it_may_send():
    def counted(state, flow):
        return sendable(state, flow) + 1.5

    transport = variant(OpenLoop, sendable=counted)
    plugs = builder.plugs_of(RandomPacketSpraying, transport, traced=False)

    with pytest.raises(RegistryError, match="'sendable' answers a real number"):
        codegen.object_file(source.run, plugs)
