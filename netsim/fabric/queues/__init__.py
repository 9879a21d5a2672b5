"""What a switch port does with packets that cannot leave at once: one file per queue."""
