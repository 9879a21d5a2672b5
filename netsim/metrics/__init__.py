"""Tables: what a run measures, how it is written, and how it is read again.

The way of a row::

    family -> Recorder -> PartWriter -> parts/<worker>/<n>/ -> tables/*.parquet -> open_results

`schema` says what a table is, `recorder` takes rows, `rundir` keeps a run directory whole,
`reader` reads it, `statistics` and `summary` turn replications into means with intervals. Nothing
here is imported before it is needed.
"""
