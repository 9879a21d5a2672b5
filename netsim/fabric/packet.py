"""Sizes of packets: payload, header, acknowledgement."""

from __future__ import annotations

from netsim.fields import Config, Data, PositiveData, field


class PacketConfig(Config):
    """What a packet consists of."""

    payload: PositiveData = field("4096 B", description="payload of a full data packet")
    header: Data = field("64 B", description="header of every data packet, part of its wire size")
    ack: PositiveData = field("64 B", description="wire size of an acknowledgement")
