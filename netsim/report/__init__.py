"""What results say to people: comparisons of runs and sweeps."""
