"""Purification schemes, one module each: how two pairs become a better one, or none."""
