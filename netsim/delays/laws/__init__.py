"""Laws of one duration, kind ``law``: ``{dist: exponential, mean: 3 ms}``."""
