"""What nodes that mean harm send, one file each."""
