"""Time slots: links try, routers swap, and what is left goes."""

from __future__ import annotations

import numpy as np
import pytest
import quantum_blocks as blocks

SLOT = 12 * 10**9


def slotted(routers, p, seconds, success=1.0, count=1, **given):
    """Return a chain of links with chance `p` an attempt of 1 ms, ten of them a slot of 12 ms."""
    return blocks.run(
        routers,
        chain={"routers": routers, "segment": "20 cm", "attenuation": "0 dB/km"},
        classical={"delay": "10 us"},
        memory={"efficiency": 1.0, "frequency": "1 kHz", "raw_fidelity": 0.95, "count": count},
        detector={"efficiency": 1.0},
        link={"kind": "two_click", "bell": p, "control": "ideal"},
        swap={"policy": "nested", "success": success},
        phases={"external": "10 ms", "internal": "2 ms"},
        request={"end": f"{seconds} s", "fidelity": 0.25},
        **given,
    )


@pytest.mark.parametrize(("routers", "p", "success"), [(2, 0.05, 1), (3, 0.1, 0.5), (5, 0.2, 0.8)])
def test_a_slot_delivers_with_the_chance_of_independent_attempts(routers, p, success):
    slots = 3000
    result = slotted(routers, p, slots * SLOT * 1e-12, success)
    links = routers - 1
    chance = (1 - (1 - p) ** 10) ** links * success ** (links - 1)
    spread = np.sqrt(slots * chance * (1 - chance))

    # Two neighbours may have several pairs in a slot: what counts is whether there is one.
    rows = [row for row in blocks.rows(result) if row["cause"] == "delivered"]
    found = len({row["ended"] // SLOT for row in rows})

    assert abs(found - slots * chance) < 4 * spread


def test_links_try_and_routers_swap_in_their_parts_only_and_nothing_outlives_a_slot():
    rows = blocks.rows(slotted(4, 0.1, 3, count=2))
    slot = [row["created"] // SLOT for row in rows]

    assert len(rows) > 500
    for row, at in zip(rows, slot, strict=True):
        within = row["created"] - at * SLOT
        assert within <= 10 * 10**9 if row["level"] == 1 else within >= 10 * 10**9
        assert row["ended"] <= (at + 1) * SLOT
        if row["cause"] == "expired":
            assert row["ended"] == (at + 1) * SLOT
    assert {row["cause"] for row in rows} == {"delivered", "swapped", "expired", "ended"}
