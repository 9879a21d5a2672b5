"""How many bytes a round's messages have, which must be known before there is a model."""

from __future__ import annotations

from typing import Any

import numpy as np

from netsim.fields import implementation


def encoded_size(compressor: Any, numbers: int, dtype: Any) -> int:
    """Return the bytes of a vector of so many numbers through a compressor of fixed length."""
    code = implementation("compressor", compressor)
    example = np.linspace(-1, 1, numbers).astype(dtype)
    generator = np.random.Generator(np.random.Philox(0))
    return len(code.encode(compressor, example, lambda: generator))


def message_size(scenario: Any, parameters: int, dtype: Any) -> int:
    """Return the bytes that a peer sends to each neighbour in a round."""
    if scenario.timing.message is not None:
        return int(scenario.timing.message)
    vectors = implementation("algorithm", scenario.algorithm).sends(parameters)
    return sum(encoded_size(scenario.compressor, numbers, dtype) for numbers in vectors)


def free_message_size(scenario: Any, parameters: int, dtype: Any) -> int:
    """Return the bytes of a message of an algorithm without rounds."""
    if scenario.timing.message is not None:
        return int(scenario.timing.message)
    algorithm = implementation("algorithm", scenario.algorithm)
    numbers = parameters
    if hasattr(algorithm, "message_numbers"):
        numbers = algorithm.message_numbers(scenario.algorithm, parameters)
    return encoded_size(scenario.compressor, numbers, dtype)
