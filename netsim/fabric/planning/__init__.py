"""Planners: which path each flow of a batch takes, decided before anything is sent."""
