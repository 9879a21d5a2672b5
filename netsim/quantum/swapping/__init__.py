"""Orders of swaps along a path, one module each."""
