"""Kinds of motion, one file each."""
