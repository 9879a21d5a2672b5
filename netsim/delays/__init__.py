"""How long work takes: laws of one duration, and processes for many workers and rounds.

A *law* (`netsim.delays.laws`, kind ``law``, key ``dist``) is the distribution of one duration. A
*delay process* (kind ``delay``, one module each here) fills a matrix of rounds x workers: with
independent draws, with bursts, with shocks common to many workers, or from a file. Any family that
computes takes its compute times from here.

Draws depend on the seed, the replication, the worker and the round alone (`netsim.delays.lanes`),
so that schemes and policies compare on common random numbers.
"""
