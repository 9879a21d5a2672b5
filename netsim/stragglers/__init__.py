"""Stragglers and gradient coding: rounds of coded work, delayed workers, and what the master may do without them."""
