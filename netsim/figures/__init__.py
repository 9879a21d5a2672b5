"""Figures: every picture that netsim draws, for its report, its scripts and notebooks.

One module per family holds that family's figures; `palette` gives each policy its colour, `scale`
labels axes from the metadata of columns, `page` lays panels out and writes the file. matplotlib is
imported here and nowhere else, and only when something is drawn.
"""
