"""Checks of netsim against theory: closed forms, exact cases, theorems.

A check is registered as ``register("check", NAME)``; `netsim verify` runs them all and the
tests run the fast ones.
"""
