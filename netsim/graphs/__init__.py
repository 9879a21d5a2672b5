"""Who knows whom: the graphs that peers talk over and that routers are joined by.

Each module registers one kind of graph; what all of them build is a `netsim.graphs.graph.Graph`.
Networks that carry packets have rates, switches and queues and are another thing: they live in
`netsim.topology`.
"""
