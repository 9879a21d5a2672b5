"""Traffic patterns, one per module: each turns its block of a scenario into `Flows`.

A registered class has `Config` and two static functions: ``check(config, network)`` returns what is
wrong with the block on this network, and ``generate(config, network, generator)`` returns the
flows, every draw taken from the generator that it is given. A pattern that fails `check` raises
the same problems from `generate`.
"""
