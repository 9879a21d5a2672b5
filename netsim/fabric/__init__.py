"""Packets: balancing policies, transports, queues, traffic, and the doors by which bytes travel."""
