"""Kinds of graph that a race may be run on, beside those of netsim."""
