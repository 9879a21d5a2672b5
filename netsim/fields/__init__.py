"""Fields of scenario blocks: quantities with units, files, and blocks chosen by name.

Every block of a scenario is a `Config`: frozen, strict, unknown keys refused. Its fields are
annotated with the types of this package, which carry dimension and range into validation, the
JSON Schema and `netsim describe`::

    class Config(RoutingConfig):
        gap: Time = field("10 us", description="idle time after which a flow may move")

A scenario writes ``gap: 10 us``; the model holds integer picoseconds. A default is written as a
scenario writes it. Sequences are tuples (the scenario layer turns YAML lists into tuples, so that
a strict model takes them). Pydantic stays at this border: nothing here is touched while events run.
"""

from __future__ import annotations

from netsim.fields.block import Config, field, problem, shown
from netsim.fields.choice import FILE_KEY, EitherDash, NameOf, OneOf, implementation
from netsim.fields.file import FilePath, InputFile, PlacedText
from netsim.fields.quantity import (
    Angle,
    Attenuation,
    Data,
    Duration,
    Energy,
    EnergyPerData,
    Frequency,
    Length,
    PositiveData,
    PositiveTime,
    Power,
    Probability,
    Quantity,
    Rate,
    Ratio,
    Speed,
    Time,
)

__all__ = [
    "FILE_KEY",
    "Angle",
    "Attenuation",
    "Config",
    "Data",
    "Duration",
    "EitherDash",
    "Energy",
    "EnergyPerData",
    "FilePath",
    "Frequency",
    "InputFile",
    "Length",
    "NameOf",
    "OneOf",
    "PlacedText",
    "PositiveData",
    "PositiveTime",
    "Power",
    "Probability",
    "Quantity",
    "Rate",
    "Ratio",
    "Speed",
    "Time",
    "field",
    "implementation",
    "problem",
    "shown",
]
