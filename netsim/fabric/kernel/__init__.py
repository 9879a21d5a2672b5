"""The compiled packet simulator: flat arrays, and windows in which nodes have their turns."""
