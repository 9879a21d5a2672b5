"""The checks that come with netsim, one file per subject; the registry finds them all."""
