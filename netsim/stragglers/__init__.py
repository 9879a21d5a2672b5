"""Stragglers and gradient coding: rounds of coded work whose master need not wait for all."""
