"""Which way a request takes: implementations of kind `path`."""
