"""How peers learn together: one module per algorithm."""
