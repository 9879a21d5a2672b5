"""Sweeps: many points of one scenario, expanded, run, committed and resumed."""
