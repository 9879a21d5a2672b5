"""Graphs with capacities: which hosts and switches there are, and which links join them.

Each module registers one kind of topology; what all of them build is a
`netsim.topology.network.Network`.
"""
