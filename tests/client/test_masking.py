"""Secrets are masked, wherever the output is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.client.masking import MASK, Masker, secrets_of

SECRETS = [b"hunter22", b"s3cr3t-value", b"hunter"]


def masked(secrets: list[bytes], pieces: list[bytes]) -> bytes:
    masker = Masker(secrets)
    return b"".join([masker.feed(piece) for piece in pieces]) + masker.flush()


@given(
    st.lists(st.sampled_from([b"hunter22", b"hun", b"ter", b"s3cr3t-value", b" ", b"h", b"x\n"]), max_size=20),
    st.data(),
)
def test_no_cut_lets_a_secret_through(words: list[bytes], data: st.DataObject) -> None:
    text = b"".join(words)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=10)))
    pieces = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    found = masked(SECRETS, pieces)
    assert all(secret not in found for secret in SECRETS)
    assert b"".join(pieces) == text


def test_what_is_no_secret_comes_through_whole_and_at_once() -> None:
    masker = Masker([b"hunter22"])
    assert masker.feed(b"hello hunt") == b"hello "
    assert masker.held == 4
    assert masker.feed(b"ing") == b"hunting"
    assert masker.feed(b"the hunter22 is") == b"the " + MASK + b" is"


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("GITHUB_TOKEN", "ghp_0123456789", True),
        ("AWS_SECRET_ACCESS_KEY", "abcdefghijkl", True),
        ("DB_PASSWORD", "correct horse", True),
        ("MY_API_KEY", "0123456", True),
        ("password", "short", False),
        ("PATH", "/usr/bin:/bin", False),
        ("KEYBOARD", "something", False),
        ("TOKENIZERS_PARALLELISM", "false-ish", False),
    ],
)
def test_secrets_are_told_by_their_names(name: str, value: str, secret: bool) -> None:
    assert (value.encode() in secrets_of({name: value})) is secret


def test_each_line_of_a_long_secret_is_one() -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nx\n-----END KEY-----"
    assert b"MIIEvQIBADANBgkq" in secrets_of({"DEPLOY_PRIVATE_KEY": key})
    assert b"x" not in secrets_of({"DEPLOY_PRIVATE_KEY": key})
