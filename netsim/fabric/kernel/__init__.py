"""The compiled packet simulator: flat arrays, and one pending event per link and NIC."""
