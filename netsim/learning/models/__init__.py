"""What is trained: one module per model."""
