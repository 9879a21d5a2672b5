"""How much a node takes of each neighbour: one module per rule."""
