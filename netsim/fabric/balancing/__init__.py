"""How packets choose among equal paths: one file per policy, see `policy.py`."""
