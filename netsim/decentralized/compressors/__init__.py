"""How messages are made shorter: one module per code."""
