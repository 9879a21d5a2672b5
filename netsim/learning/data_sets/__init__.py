"""What there is to learn: one module per data set or file format."""
