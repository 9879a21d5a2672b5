"""Algorithms of collective operations: one file each, with its schedule and its closed form."""
