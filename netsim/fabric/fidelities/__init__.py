"""Levels of detail of a network: one file per `netsim.fabric.door.Fidelity`."""
