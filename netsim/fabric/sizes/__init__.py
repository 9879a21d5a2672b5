"""Flow-size distributions, one per module.

A registered class has `Config` and two static functions: ``draw(config, generator, count)``, whole
bytes as int64, and ``mean(config)``, the expected bytes before rounding, from which an offered load
becomes a rate of arrivals.
"""
