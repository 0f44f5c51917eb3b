from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from records import empty_record, run_record

from recon.digests import digest_file
from recon.errors import InvariantBroken
from recon.frames import RESULT_FRAMES
from recon.reporting.manifest import build_manifest, write_manifest
from recon.reporting.model import RunRecord
from recon.reporting.pack import write_data, write_pack


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pack")
    write_pack(run_record(), folder)
    return folder


def test_the_pack_is_page_pdf_workpaper_import_file_and_data(folder: Path) -> None:
    names = {path.name for path in folder.iterdir()}

    assert names == {"index.html", "pack.pdf", "workpaper.xlsx", "entries_import.csv", "data"}
    assert {path.stem for path in (folder / "data").iterdir()} == set(RESULT_FRAMES)


@pytest.mark.parametrize("record", [run_record(), empty_record()], ids=["month", "empty"])
def test_the_data_read_back_is_what_was_found(record: RunRecord, tmp_path: Path) -> None:
    for path in write_data(record, tmp_path):
        frame = pl.read_parquet(path)
        schema = RESULT_FRAMES[path.stem]
        assert frame.columns == list(schema.columns())
        assert frame.equals(schema.validate(record.found.frames[path.stem]))


def test_the_same_frames_give_the_same_bytes_however_they_are_chunked(tmp_path: Path) -> None:
    record = run_record()
    frames = {
        name: pl.concat([frame.head(3), frame.slice(3)], rechunk=False) for name, frame in record.found.frames.items()
    }
    chunked = replace(record, found=replace(record.found, frames=frames))

    for one, other in zip(write_data(record, tmp_path / "a"), write_data(chunked, tmp_path / "b"), strict=True):
        assert digest_file(one) == digest_file(other), one.name


def test_a_frame_without_a_column_of_its_schema_is_our_own_bug(tmp_path: Path) -> None:
    record = run_record()
    frames = record.found.frames | {"rejects": record.found.frames["rejects"].drop("reason")}

    with pytest.raises(InvariantBroken, match="lacks columns"):
        write_data(replace(record, found=replace(record.found, frames=frames)), tmp_path)


def test_progress_names_each_part(tmp_path: Path) -> None:
    told: list[str] = []

    written = write_pack(empty_record(), tmp_path, progress=told.append)

    assert told == ["data", "entries_import.csv", "workpaper.xlsx", "index.html", "pack.pdf"]
    assert all(path.is_file() for path in written)


def test_the_manifest_names_every_input_and_output_with_its_digest(folder: Path) -> None:
    path = write_manifest(run_record(), folder)
    manifest = json.loads(path.read_text(encoding="utf-8"))

    outputs = {one["name"]: one["sha256"] for one in manifest["outputs"]}
    assert outputs["index.html"] == digest_file(folder / "index.html")
    assert "data/bridge.parquet" in outputs
    assert "manifest.json" not in outputs
    assert [one["name"] for one in manifest["inputs"]] == ["retail_tickets.csv", "intacct_gl_detail.csv"]
    assert manifest["entries"] == {"count": 9, "debits": "11830.77"}
    assert manifest["checks"][0]["amount"] == "0.00"


def test_equal_folders_have_equal_manifests(folder: Path) -> None:
    assert build_manifest(run_record(), folder) == build_manifest(run_record(), folder)


def test_the_manifest_names_every_library_that_decides_what_is_found(folder: Path) -> None:
    manifest = build_manifest(run_record(), folder)

    named = {"python", "polars", "recon", "holidays", "tzdata", "scipy", "rapidfuzz", "dataframely"}
    assert set(manifest["versions"]) == named
    assert all(manifest["versions"].values())
