"""netsim: one communication simulator for the networks that distributed computing stands on."""
