"""The raw producer against a scripted producer port."""

from __future__ import annotations

import select

import pytest

from hub.client.connection import HubLost, Unreachable
from hub.client.producer import RawProducer
from hub.model.problem import Problem
from scripted_hub import Peer, ScriptedHub


def test_names_the_stream_sends_every_byte_and_waits_for_the_end() -> None:
    heard: list[bytes] = []

    def dialogue(peer: Peer) -> None:
        heard.append(peer.line())
        heard.append(peer.rest())

    with ScriptedHub(dialogue) as script:
        producer = RawProducer.connect(script.hub, "ci/build", {"branch": "a b", "n": 3})
        producer.write(b"one\n\x00\xff")
        producer.write(b"two")
        producer.finish()
    assert heard == [
        b'HUB/1 RAW stream=ci/build token=t0ken meta=%7B"branch":"a%20b","n":3%7D',
        b"one\n\x00\xfftwo",
    ]
    assert producer.bytes_sent == 9


def test_no_meta_and_no_token_are_left_out() -> None:
    with ScriptedHub(lambda peer: peer.expect(b"HUB/1 RAW stream=a")) as script:
        RawProducer.connect(script.hub._replace(token=None), "a", {}).finish()


def test_a_refusal_is_told_in_the_hubs_words() -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.say(b"ERR LIMIT :too many streams (limits.streams)\n")

    with ScriptedHub(dialogue) as script:
        producer = RawProducer.connect(script.hub, "a", {})
        select.select([producer], [], [], 10)
        with pytest.raises(Problem) as caught:
            producer.listen()
        producer.close()
    assert (caught.value.word, caught.value.text) == ("LIMIT", "too many streams (limits.streams)")


def test_a_refusal_is_found_even_when_sending_fails_first() -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.say(b"ERR DENIED :no\n")

    with ScriptedHub(dialogue) as script:
        producer = RawProducer.connect(script.hub, "a", {})
        with pytest.raises(Problem, match="DENIED"):
            write_until_it_fails(producer)
        producer.close()


def write_until_it_fails(producer: RawProducer) -> None:
    """The reset of a closed socket takes a write or two to be noticed."""
    for _ in range(1000):
        producer.write(b"x" * 65536)


def test_a_refusal_at_the_very_end_counts() -> None:
    def dialogue(peer: Peer) -> None:
        peer.rest()
        peer.say(b"ERR STORE :disk full\n")

    with ScriptedHub(dialogue) as script:
        producer = RawProducer.connect(script.hub, "a", {})
        producer.write(b"x")
        with pytest.raises(Problem, match="disk full"):
            producer.finish()


def test_a_hub_that_dies_is_lost() -> None:
    def dialogue(peer: Peer) -> None:
        peer.line()
        peer.reset()

    with ScriptedHub(dialogue) as script:
        producer = RawProducer.connect(script.hub, "a", {})
        select.select([producer], [], [], 10)
        with pytest.raises(HubLost):
            producer.listen()
        producer.close()


def test_a_hub_that_says_nothing_is_no_trouble() -> None:
    def dialogue(peer: Peer) -> None:
        peer.expect(b"HUB/1 RAW stream=a token=t0ken")
        # A hub stays until the producer ends; closing first would be saying something.
        peer.rest()

    with ScriptedHub(dialogue) as script:
        producer = RawProducer.connect(script.hub, "a", {})
        producer.listen()
        producer.finish()


def test_a_hub_that_does_not_finish_is_given_up() -> None:
    def dialogue(peer: Peer) -> None:
        peer.rest()
        assert peer.line() == b""

    with ScriptedHub(dialogue, lambda peer: peer.say()) as script:
        first = RawProducer.connect(script.hub, "a", {})
        # The second connection waits in the listen queue: nobody reads it yet.
        with RawProducer.connect(script.hub, "a", {}) as second:
            with pytest.raises(HubLost, match="has not taken everything"):
                second.finish(timeout=0.05)
            first.finish()


def test_nobody_there_is_unreachable() -> None:
    with ScriptedHub() as script:
        hub = script.hub
    with pytest.raises(Unreachable, match="does not answer"):
        RawProducer.connect(hub, "a", {})
