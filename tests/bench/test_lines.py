"""Prepared lines: each is 128 bytes, knows its place, and no altered stamped line passes."""

from __future__ import annotations

import pytest

from bench.lines import LINE, Mismatch, Template, block_lines, producer_of, sent_at, stamped_line


@pytest.mark.parametrize("producer", [0, 1, 7, 106, 107, 999])
def test_every_line_of_a_block_is_whole_and_unlike_the_others(producer: int) -> None:
    lines = block_lines(producer, 512)
    assert {len(line) for line in lines} == {LINE}
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 and b"\r" not in line for line in lines)
    assert len(set(lines)) == len(lines)
    assert {producer_of(line) for line in lines} == {producer}


def test_a_stamped_line_tells_when_it_was_sent() -> None:
    assert sent_at(stamped_line(3, 12, 987_654_321), 3, 12) == 987_654_321


@pytest.mark.parametrize("at", range(LINE))
def test_no_altered_byte_of_a_stamped_line_passes(at: int) -> None:
    line = bytearray(stamped_line(3, 12, 1_234_567_890_123_456_789))
    line[at] ^= 1
    with pytest.raises(Mismatch):
        sent_at(bytes(line), 3, 12)


def test_a_block_out_of_turn_does_not_pass() -> None:
    with pytest.raises(Mismatch, match="producer 3, block 12"):
        sent_at(stamped_line(3, 13, 1), 3, 12)


def test_what_is_no_line_names_no_producer() -> None:
    with pytest.raises(Mismatch, match="no line begins here"):
        producer_of(b"-ERR 'Slow Consumer'\r\n")


def test_a_template_frames_every_message_and_stamps_the_first() -> None:
    template = Template(2, lines=4, per_message=2, prefix=b"<", suffix=b">")
    assert (template.text, template.record, len(template.framed)) == (4 * LINE, 2 * LINE + 2, 2 * (2 * LINE + 2))
    framed = bytes(template.stamped(9, 77))
    assert framed[0:1] == framed[template.record : template.record + 1] == b"<"
    assert framed[template.record - 1 : template.record] == framed[-1:] == b">"
    assert framed[1 : 1 + LINE] == stamped_line(2, 9, 77)
    assert framed[1 + LINE : 1 + 2 * LINE] == block_lines(2, 4)[1]


def test_a_block_that_cannot_be_cut_into_messages_is_refused() -> None:
    with pytest.raises(ValueError, match="5 lines"):
        Template(0, lines=5, per_message=2)
