"""The closed form itself, on values worked out by hand."""

from __future__ import annotations

from netsim.verify.checks.fabric_single_flow import receiver_time


def test_one_full_packet_takes_its_service_time_and_the_delay_on_every_link():
    # 4160 B x 80 ps = 332,800 ps; twice that and twice 1 us.
    assert receiver_time(4096, links=2) == 2 * (332_800 + 1_000_000)


def test_two_megabytes_over_four_links_take_the_published_time():
    # Independent packet simulators give 167,502,080 ps (4 links) and 164,836,480 ps (2 links).
    assert receiver_time(2_000_000, links=4) == 167_502_080
    assert receiver_time(2_000_000, links=2) == 164_836_480


def test_a_short_last_packet_waits_behind_its_full_predecessor():
    # 4097 B = 4096 + 1: the port needs 8 (4097 + 128) / R = 338,000 ps, then one full packet time.
    assert receiver_time(4097, links=2) == 338_000 + 332_800 + 2_000_000
