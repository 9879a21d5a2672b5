"""A user's own samples in a Parquet file: a row per sample, a column of classes."""

from __future__ import annotations

from typing import Any, ClassVar

from netsim.learning.tabular import Table, TableConfig
from netsim.registry import register


@register("data_set", "parquet")
class Parquet(Table):
    """Samples from a Parquet file, read by the names of its columns."""

    source: ClassVar[str] = "Apache Parquet"
    example: ClassVar[dict[str, Any]] = {"file": "samples.parquet"}
    suffixes = (".parquet", ".pq")

    class Config(TableConfig):
        """The file and its columns."""
