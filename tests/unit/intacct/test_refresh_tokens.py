"""The kept refresh token: for its owner alone, replaced as a whole."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from recon.errors import ConfigError
from recon.wire import Secret
from recon.wire.tokens import FileTokens


def test_the_file_is_its_owners_alone_even_under_a_careless_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        FileTokens(tmp_path / "deep" / "t").save(Secret("refresh-1"))
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "deep" / "t").stat().st_mode) == 0o600
    assert FileTokens(tmp_path / "deep" / "t").load() == Secret("refresh-1")
    assert [one.name for one in (tmp_path / "deep").iterdir()] == ["t"]


def test_a_file_that_others_may_read_is_refused_with_the_mend(tmp_path: Path) -> None:
    FileTokens(tmp_path / "t").save(Secret("refresh-1"))
    (tmp_path / "t").chmod(0o644)

    with pytest.raises(ConfigError, match="chmod 600"):
        FileTokens(tmp_path / "t").load()


def test_no_file_is_no_token(tmp_path: Path) -> None:
    assert FileTokens(tmp_path / "t").load() is None


def test_a_write_that_fails_leaves_the_old_token_and_no_rest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = FileTokens(tmp_path / "t")
    tokens.save(Secret("refresh-1"))

    def full(_number: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space left"):
        tokens.save(Secret("refresh-2"))

    assert tokens.load() == Secret("refresh-1")
    assert [one.name for one in tmp_path.iterdir()] == ["t"]
