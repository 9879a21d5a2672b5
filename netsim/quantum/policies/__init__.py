"""When neighbours make pairs: implementations of kind `generation`."""
