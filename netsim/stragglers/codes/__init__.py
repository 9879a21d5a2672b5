"""The coding schemes, one file each; `scheme` is the interface that they fill."""
