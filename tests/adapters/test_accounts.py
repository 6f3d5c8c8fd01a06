"""The admin token in its file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub.adapters.accounts.token_file import FILE_NAME, TokenFile
from hub.model.principal import Role
from hub.model.session_key import key_hash


def token_in(directory: Path) -> str:
    return (directory / FILE_NAME).read_text().strip()


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_first_start_makes_a_token_for_its_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        accounts = TokenFile(tmp_path)
    finally:
        os.umask(before)
    token = token_in(tmp_path)
    assert token.startswith("hub_admin_")
    assert len(token) >= 42
    assert mode(tmp_path / FILE_NAME) == 0o600
    assert os.listdir(tmp_path) == [FILE_NAME], "nothing else is left"
    admin = accounts.by_token(token)
    assert admin is not None
    assert (admin.name, admin.role) == ("admin", Role.ADMIN)


def test_later_starts_keep_it(tmp_path: Path) -> None:
    TokenFile(tmp_path)
    token = token_in(tmp_path)
    assert TokenFile(tmp_path).by_token(token) is not None
    assert token_in(tmp_path) == token


@pytest.mark.parametrize("lost", ["", "\n", "short"])
def test_a_lost_token_is_made_anew_and_the_old_one_is_worth_nothing(tmp_path: Path, lost: str) -> None:
    TokenFile(tmp_path)
    old = token_in(tmp_path)
    (tmp_path / FILE_NAME).write_text(lost)
    accounts = TokenFile(tmp_path)
    assert accounts.by_token(old) is None
    assert accounts.by_token(token_in(tmp_path)) is not None


@pytest.mark.parametrize("token", ["", "wrong", "hub_admin_" + "x" * 32, "é" * 30, "\x00"])
def test_wrong_tokens_are_nobodys(tmp_path: Path, token: str) -> None:
    assert TokenFile(tmp_path).by_token(token) is None


def test_a_token_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    TokenFile(tmp_path)
    (tmp_path / FILE_NAME).chmod(0o644)
    TokenFile(tmp_path)
    assert mode(tmp_path / FILE_NAME) == 0o600


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("hub_admin_" + "x" * 32)
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / FILE_NAME).symlink_to(elsewhere)
    with pytest.raises(OSError, match="symbolic links"):
        TokenFile(directory)


def test_what_a_cookie_holds_of_the_token_is_not_its_hash(tmp_path: Path) -> None:
    accounts = TokenFile(tmp_path)
    admin = accounts.by_token(token_in(tmp_path))
    assert admin is not None
    assert key_hash(token_in(tmp_path)) not in admin.credential
    assert accounts.by_credential(admin.credential) == admin
    again = TokenFile(tmp_path)
    assert again.by_credential(admin.credential) == admin, "it is the same after a restart"
    (tmp_path / FILE_NAME).unlink()
    assert TokenFile(tmp_path).by_credential(admin.credential) is None
