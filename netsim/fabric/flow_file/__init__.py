"""Flow files: one flow per row, as CSV or Parquet; every wrong cell is reported where it stands."""
