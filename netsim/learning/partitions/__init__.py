"""Who holds which samples: one module per rule."""
