"""What hooks are told, and that each kind is asked for hooks of its own alone."""

from __future__ import annotations

from netsim.fabric.balancing.reps import RecycledEntropies
from netsim.fabric.balancing.rps import RandomPacketSpraying
from netsim.fabric.hooks import hook_problems
from netsim.fabric.kernel import builder, fingerprint
from netsim.fabric.kernel import state as at
from netsim.fabric.kernel.packet import echo_at, sent_at, seq_at
from netsim.fabric.transports.fixed_window import FixedWindow

HOP = 4160 * 80 + 1_000_000
"""Service of a full packet at 100 Gb/s, and the way."""
BACK = 64 * 80 + 1_000_000


def opened(state, flow, now):
    state.policy_flows[flow * 8] = now


def tag(state, flow, label, now):
    return 7


def echo(state, packet, now):
    return 1000 + seq_at(state, packet)


def feedback(state, flow, packet, now):
    row = flow * 8
    state.policy_flows[row + 1] += 1
    state.policy_flows[row + 2] += echo_at(state, packet)
    state.policy_flows[row + 3] = now - sent_at(state, packet)


def setback(state, flow, now):
    state.policy_flows[flow * 8 + 4] += 1


def model(base, **parts):
    hooks = {
        name: staticmethod(value) if callable(value) else value for name, value in parts.items()
    }
    made = type("Listening", (base,), hooks)
    made.__module__ = __name__
    return made


def run(monkeypatch, make_fabric, policy, **options):
    monkeypatch.setattr(
        "netsim.fabric.kernel.assemble.implementation",
        lambda kind, config, key="kind": policy if kind == "routing" else FixedWindow,
    )
    fabric = make_fabric((2, 1, 1), "rps", "fixed_window", **options)
    fabric.env.timeout(5)
    fabric.transfer(0, 1, 3 * 4096)
    fabric.env.run()
    return fabric


def test_a_policy_hears_echo_and_round_trip_of_every_acknowledgement(monkeypatch, make_fabric):
    # Three packets of a window, one behind the other on all links: each takes four hops there and
    # its acknowledgement four back, whatever stands before it. Echoes are 1000 + 0, 1, 2.
    policy = model(
        RandomPacketSpraying, open=opened, tag=tag, echo=echo, feedback=feedback, flow_row=8
    )
    fabric = run(monkeypatch, make_fabric, policy)

    assert fabric._store.state.policy_flows[:5].tolist() == [0, 3, 3003, 4 * (HOP + BACK), 0]
    assert len(fabric._store.state.sent) == len(fabric._store.state.echoes) > 0


def test_a_policy_hears_of_timeouts_and_not_of_timers_that_find_progress(monkeypatch, make_fabric):
    # The round trip takes 9.4 us; timeouts double from 3 us: at 3 and 9 us, to the tick.
    policy = model(RandomPacketSpraying, setback=setback, flow_row=8)
    fabric = run(monkeypatch, make_fabric, policy, rto="3 us")

    told = int(fabric._store.state.policy_flows[4])
    assert told == fabric.flow_columns()["timeouts"][0] > 0


def test_packets_carry_what_some_hook_reads_and_nothing_else():
    assert builder.columns_of(RandomPacketSpraying, FixedWindow) == ()
    assert builder.columns_of(RecycledEntropies, FixedWindow) == ("echoes",)
    assert builder.columns_of(model(RandomPacketSpraying, feedback=feedback), FixedWindow) == (
        "sent",
        "echoes",
    )


def test_a_column_that_is_read_changes_the_key_of_the_kernel():
    plugs = builder.plugs_of(RandomPacketSpraying, FixedWindow, traced=False)

    keys = {fingerprint.fingerprint({**plugs, name: True}) for name in ("SEND_TIMES", "ECHOES")}
    assert len({fingerprint.fingerprint(plugs), *keys}) == 3


def test_a_policy_is_asked_for_hooks_of_policies_alone():
    def begin(state, flow, now):
        state.flows[flow * at.FLOW + at.SENT] = 10

    usual = builder.plugs_of(RandomPacketSpraying, FixedWindow, traced=False)
    other = builder.plugs_of(model(RandomPacketSpraying, begin=begin), FixedWindow, traced=False)

    assert usual == other


def test_a_misspelt_hook_is_named_where_it_stands():
    def feedbak(state, flow, packet, now):
        pass

    policy = model(RandomPacketSpraying, feedbak=feedbak)
    (found,) = hook_problems("routing", "routing policy", policy)

    assert found.message == "'feedbak' of routing policy Listening is no hook, so nobody calls it"
    assert found.hint == "did you mean 'feedback'?"
    assert (str(found.file), found.line) == (__file__, feedbak.__code__.co_firstlineno)


def test_a_misspelt_hook_of_a_queue_and_one_of_other_parameters_are_named_where_they_stand():
    def admitt(state, port, packet, now):
        return 0

    def pick(state, port, now):
        return 0

    queue = type("Mistaken", (), {"admitt": staticmethod(admitt), "pick": staticmethod(pick)})
    queue.__module__ = __name__
    misspelt, longer = hook_problems("queue", "queue", queue)

    assert misspelt.message == "'admitt' of queue Mistaken is no hook, so nobody calls it"
    assert misspelt.hint == "did you mean 'admit'?"
    assert misspelt.line == admitt.__code__.co_firstlineno
    assert longer.message == "'pick' of queue Mistaken takes (state, port, now)"
    assert longer.hint == "make it a static method that takes (state, port)"
    assert longer.line == pick.__code__.co_firstlineno
