"""Sizes of packets: payload, header, acknowledgement."""

from __future__ import annotations

from typing import Any, Final

from pydantic import model_validator

from netsim.fields import Config, Data, PositiveData, field, problem

#: Largest packet (B): with it the bits that a port has to send, in 1e-12 of a bit, fit 63 bits.
LARGEST: Final = 10**6


class PacketConfig(Config):
    """What a packet consists of."""

    payload: PositiveData = field("4096 B", description="payload of a full data packet")
    header: Data = field("64 B", description="header of every data packet, part of its wire size")
    ack: PositiveData = field("64 B", description="wire size of an acknowledgement")

    @model_validator(mode="after")
    def _not_too_large(self) -> Any:
        larger = "payload" if self.payload >= self.header else "header"
        for name, what, size in (
            (larger, "payload and header", self.payload + self.header),
            ("ack", "acknowledgement", self.ack),
        ):
            if size > LARGEST:
                message = f"a packet of {size:,} B ({what}) is too large"
                hint = f"a packet has at most {LARGEST:,} B"
                raise problem("out-of-range", message, at=(name,), hint=hint)
        return self
