"""A user's own samples in a CSV file: a header, a row per sample, a column of classes."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.learning.tabular import Table, TableConfig
from netsim.registry import register


@register("data_set", "csv")
class Csv(Table):
    """Samples from a CSV file, read by its header."""

    source: ClassVar[str] = "RFC 4180, Common Format for Comma-Separated Values, 2005"
    example: ClassVar[dict[str, Any]] = {"file": "samples.csv"}
    suffixes = (".csv",)

    class Config(TableConfig):
        """The file and its columns."""
