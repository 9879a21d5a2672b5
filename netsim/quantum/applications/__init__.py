"""Who asks for pairs, and when: implementations of kind `application`."""
