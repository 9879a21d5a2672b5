"""Naive twins: short, plain programs that say what the fast ones must compute."""
