"""Samples from a user's files: read as they are, and every fault told with the file's name."""

from __future__ import annotations

import gzip

import numpy as np
import pytest

import netsim
from netsim.errors import NetsimError

X = np.arange(40, dtype=np.uint8).reshape(10, 2, 2)
Y = (np.arange(10) % 2).astype(np.uint8)


def idx(array, cut=0):
    head = bytes([0, 0, 8, array.ndim])
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    body = head + lengths + array.tobytes()
    return body[: len(body) - cut]


def loaded(folder, data):
    block = {
        "netsim": 1,
        "workload": "decentralized",
        "nodes": 2,
        "topology": {"kind": "line"},
        "data": data,
        "rounds": 1,
    }
    return netsim.load(absolute(block, folder))


def absolute(block, folder):
    data = {
        key: str(folder / value) if key in ("file", "labels") else value
        for key, value in block["data"].items()
    }
    return {**block, "data": data}


def told(folder, data):
    with pytest.raises(NetsimError) as found:
        loaded(folder, data)
    return str(found.value)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_images_in_the_format_of_mnist_train(tmp_path, pack):
    (tmp_path / "images").write_bytes(pack(idx(X)))
    (tmp_path / "labels").write_bytes(pack(idx(Y)))

    result = netsim.run(loaded(tmp_path, {"kind": "idx", "file": "images", "labels": "labels"}))

    # A fifth of 10 tests; the other 8 are divided among two nodes.
    sizes = [row["data_size"] for row in result.table("peers").to_pylist() if row["round"] == 1]
    assert sizes == [4, 4]


def test_arrays_train(tmp_path):
    np.savez(tmp_path / "own.npz", x=X, y=Y)

    result = netsim.run(loaded(tmp_path, {"kind": "npz", "file": "own.npz", "scale": 0.1}))

    assert result.runs[0]["accuracy"] is not None


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X, Y[:9], "10 samples have 9 classes"),
        (X, Y * 2, "without gaps"),
        (X * np.nan, Y, "not finite"),
        (X.ravel(), Y, "axes"),
        (X, Y / 2, "no whole numbers"),
    ],
)
def test_arrays_that_do_not_fit_are_told(tmp_path, x, y, message):
    np.savez(tmp_path / "own.npz", x=x, y=y)

    assert message in told(tmp_path, {"kind": "npz", "file": "own.npz"})


def test_what_is_no_file_of_arrays_is_told(tmp_path):
    (tmp_path / "own.npz").write_bytes(b"PK\x03\x04 not really")
    assert "is no .npz file" in told(tmp_path, {"kind": "npz", "file": "own.npz"})

    np.savez(tmp_path / "other.npz", a=X)
    assert "has no array 'x'" in told(tmp_path, {"kind": "npz", "file": "other.npz"})


def test_a_file_that_would_unpack_to_too_much_is_refused_by_its_head(tmp_path):
    head = bytes([0, 0, 8, 3]) + b"\x7f\xff\xff\xff" * 3
    (tmp_path / "images").write_bytes(gzip.compress(head + bytes(1000)))
    (tmp_path / "labels").write_bytes(idx(Y))

    data = {"kind": "idx", "file": "images", "labels": "labels"}
    assert "says that it holds" in told(tmp_path, data)


def test_a_file_that_is_cut_short_is_told(tmp_path):
    (tmp_path / "images").write_bytes(idx(X, cut=3))
    (tmp_path / "labels").write_bytes(idx(Y))

    data = {"kind": "idx", "file": "images", "labels": "labels"}
    assert "does not hold the 40 B" in told(tmp_path, data)


ROWS = [(i % 2, i / 10, -i, i // 5) for i in range(10)]
TABLE = "label,a,b,who\n" + "".join(",".join(map(str, row)) + "\n" for row in ROWS)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_of_samples_trains_and_says_who_holds_what(tmp_path, kind):
    if kind == "csv":
        (tmp_path / "samples.csv").write_text(TABLE)
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = zip(("label", "a", "b", "who"), zip(*ROWS, strict=True), strict=True)
        pq.write_table(
            pa.table({name: list(values) for name, values in columns}),
            tmp_path / "samples.parquet",
        )
    data = {"kind": kind, "file": f"samples.{kind}", "holder": "who", "partition": "given"}

    result = netsim.run(loaded(tmp_path, data))

    sizes = [row["data_size"] for row in result.table("peers").to_pylist() if row["round"] == 1]
    assert sum(sizes) == 8
    assert max(sizes) <= 5
    # Two features, two classes: 2 x 32 + 32 + 32 x 2 + 2 parameters.
    assert result.runs[0]["bytes"] == 2 * 4 * 162


@pytest.mark.parametrize(
    ("data", "text", "message"),
    [
        ({}, TABLE.replace("0.3", "lots"), "a: 'lots' is not a finite number"),
        ({}, TABLE.replace("0.3", "nan"), "a: 'nan' is not a finite number"),
        ({}, TABLE.replace("label", "class"), "column 'label' is missing"),
        ({"features": ["a", "z"]}, TABLE, "column 'z' is missing"),
        ({}, TABLE.replace("\n1,", "\n3,"), "without gaps"),
        ({}, "label\n0\n1\n", "has no columns of features"),
        ({}, "label,a\n", "has no rows"),
        ({"partition": "given"}, TABLE, "does not say who holds what"),
        (
            {"partition": "given", "holder": "who"},
            TABLE.replace(",1\n", ",7\n"),
            "of 8 holders, and there are 2",
        ),
        ({"kind": "parquet"}, TABLE, "is no .parquet file by its name"),
    ],
)
def test_a_table_that_is_none_is_told(tmp_path, data, text, message):
    (tmp_path / "samples.csv").write_text(text)

    assert message in told(tmp_path, {"kind": "csv", "file": "samples.csv", **data})
