"""How senders pace and recover what is lost: one file per transport, see `transport.py`."""
