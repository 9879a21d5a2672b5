"""Plain data as YAML text that netsim reads back as the same data."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any


def dump(content: Mapping[str, Any]) -> str:
    """Return `content` as YAML, in its own order, innermost blocks on one line."""
    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.default_flow_style = None
    yaml.width = 100
    yaml.allow_unicode = True
    stream = io.StringIO()
    yaml.dump(dict(content), stream)
    return stream.getvalue()
