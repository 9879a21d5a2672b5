"""Whole streams of pairs in compiled code: the rules of `path` and `generation`, in arrays."""
