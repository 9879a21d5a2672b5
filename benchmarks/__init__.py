"""Speed of netsim as CPU time and as ratios within one run; ``python -m benchmarks --help``."""
