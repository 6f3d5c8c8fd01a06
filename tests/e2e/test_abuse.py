"""The short way through the abuse: what takes no waiting, on a plain hub and on one over TLS. `make abuse` does all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from abuse import cases, command_cases, tls_cases, web_cases
from abuse.cases import Case
from abuse.target import Target

SHORT: tuple[Case, ...] = (
    cases.frames_that_never_end,
    cases.lengths_that_lie,
    cases.offsets_that_lie,
    cases.acknowledgements_that_lie,
    cases.a_later_version_that_says_a_token,
    cases.names_with_tricks,
    cases.patterns_that_explode,
    cases.http_where_none_is_spoken,
    cases.readers_that_never_read,
    command_cases.malformed_lines,
    command_cases.numbers_that_are_too_long,
    command_cases.keys_that_come_twice,
    command_cases.parameters_that_are_none,
    command_cases.two_hundred_passwords_at_once,
    web_cases.other_sites,
    web_cases.stored_pages,
    web_cases.names_with_tricks,
    web_cases.guessing_at_the_login,
    web_cases.nothing_of_the_inside_is_told,
)
SHORT_TLS: tuple[Case, ...] = (
    tls_cases.plain_words_to_a_port_of_tls,
    tls_cases.wrong_certificates,
    tls_cases.old_versions,
    tls_cases.broken_records,
)


def named(case: Case) -> str:
    return f"{case.__module__.rpartition('.')[2]}-{case.__name__}"


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    target = Target(tmp_path_factory.mktemp("plain"), tls=False)
    yield target
    target.close()


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    target = Target(tmp_path_factory.mktemp("tls"), tls=True)
    yield target
    target.close()


@pytest.mark.parametrize("case", SHORT, ids=named)
def test_a_plain_hub_survives(plain: Target, case: Case) -> None:
    case(plain)
    plain.check()


@pytest.mark.parametrize("case", [*SHORT, *SHORT_TLS], ids=named)
def test_a_hub_over_tls_survives(tls: Target, case: Case) -> None:
    case(tls)
    tls.check()
