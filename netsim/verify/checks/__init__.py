"""The checks that come with netsim, one file per subject; all modules of this package are found by the registry."""
