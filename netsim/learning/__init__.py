"""Data sets, their division among nodes, and models of which many are trained at once.

A *data set* (kind ``data_set``) is what there is to learn, a *partition* (kind ``partition``)
says who holds which samples, a *peer model* (kind ``peer_model``) has its gradients written out
by hand, for all nodes in one array. Families that learn take all three from here.
"""
