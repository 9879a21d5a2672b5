"""Decoding vectors of any code by dense algebra, in O(n^3): the twin of the banded decoder."""

from __future__ import annotations

import numpy as np


def matrix_of(band):
    """Return the n x n code of which row i has ``band[i]`` in columns i, i+1, ... (mod n)."""
    n, width = band.shape
    matrix = np.zeros((n, n))
    for i in range(n):
        for j in range(width):
            matrix[i, (i + j) % n] += band[i, j]
    return matrix


def weights(matrix, late):
    """Return a with a' B = 1' and 0 for the `late`, by least squares on the rows of the others.

    With as many late as the code tolerates there is only one; one step of refinement.
    """
    rows, found = matrix[~late], np.zeros(len(matrix))
    for _ in range(2):
        found[~late] += np.linalg.lstsq(rows.T, 1.0 - found @ matrix, rcond=None)[0]
    return found


def least_squares(matrix, returned):
    """Return the shortest weights of the `returned` that come nearest to a' B = 1'."""
    found = np.zeros(len(matrix))
    ones = np.ones(matrix.shape[1])
    found[returned] = np.linalg.lstsq(matrix[returned].T, ones, rcond=None)[0]
    return found
