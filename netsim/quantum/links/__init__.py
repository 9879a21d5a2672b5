"""Kinds of elementary links, one module each: how two neighbours come by a pair."""
