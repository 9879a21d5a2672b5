"""Kinds of radio, one file each."""
