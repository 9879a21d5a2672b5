"""The compiled packet simulator: flat arrays, one pending event per source, a winner tree over them."""
