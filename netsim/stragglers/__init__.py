"""Stragglers and gradient coding: rounds of coded work in which the master need not wait for all."""
