"""How a node combines models of which some may be forged, one file each."""
