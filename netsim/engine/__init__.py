"""Time and the order of events; knows nothing of networks."""
