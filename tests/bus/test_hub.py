"""Who hears what, without sockets or a database."""

from __future__ import annotations

import pytest

from fondaco.bus.feed import Row
from fondaco.bus.hub import Hub


class Ear:
    """Remembers what it heard."""

    def __init__(self):
        self.ids = []

    def hear(self, rows):
        self.ids += [row.id for row in rows]


def row(number, channel="a"):
    return Row(number, channel, "{}")


@pytest.fixture
def hub():
    hub = Hub("shop")
    hub.feed.last = 10
    hub.audience([])
    return hub


def deal(hub, *rows):
    hub.feed.last = rows[-1].id
    hub.deal(hub.audience(rows))


def test_before_the_feed_has_begun_nobody_can_subscribe():
    hub = Hub("shop")

    assert hub.subscribe(Ear(), ["a"], 0) is None
    assert hub.is_idle


def test_a_listener_hears_its_channels_in_order(hub):
    ear = Ear()
    hub.subscribe(ear, ["a", "b"], 10)
    hub.catch_up(ear, [])

    deal(hub, row(11, "a"), row(12, "c"), row(13, "b"))

    assert ear.ids == [11, 13]


def test_what_comes_while_missed_rows_are_fetched_waits_for_them(hub):
    ear = Ear()
    upto = hub.subscribe(ear, ["a"], 7)
    deal(hub, row(11))

    hub.catch_up(ear, [row(8), row(10)])
    deal(hub, row(12))

    assert upto == 10
    assert ear.ids == [8, 10, 11, 12]


def test_who_subscribes_while_a_row_is_on_its_way_from_the_feed_hears_it_once(hub):
    ear = Ear()
    hub.feed.last = 11  # read, in another thread
    upto = hub.subscribe(ear, ["a"], 10)
    audience = hub.audience([row(11)])

    hub.catch_up(ear, [row(number) for number in (11,) if number <= upto])
    hub.deal(audience)

    assert ear.ids == [11]


def test_who_subscribes_again_hears_nothing_twice(hub):
    ear = Ear()
    hub.subscribe(ear, ["a"], 10)
    hub.catch_up(ear, [])
    deal(hub, row(11))

    # 11 was on its way when the client said that 10 was the last
    hub.subscribe(ear, ["a", "b"], 10)
    hub.catch_up(ear, [row(11, "a"), row(12, "b")])

    assert ear.ids == [11, 12]


def test_who_subscribes_to_other_channels_leaves_the_first(hub):
    ear = Ear()
    hub.subscribe(ear, ["a"], 10)
    hub.subscribe(ear, ["b"], 10)
    hub.catch_up(ear, [])

    deal(hub, row(11, "a"), row(12, "b"))

    assert ear.ids == [12]


def test_who_left_or_may_not_hear_any_more_gets_nothing(hub):
    gone, expired, present = Ear(), Ear(), Ear()
    for ear in (gone, expired, present):
        hub.subscribe(ear, ["a"], 10)
        hub.catch_up(ear, [])
    audience = hub.audience([row(11)])
    hub.unsubscribe(gone)

    hub.deal(audience, without=[expired])

    assert (gone.ids, expired.ids, present.ids) == ([], [], [11])


def test_a_hub_that_nobody_needs_keeps_no_channel(hub):
    ear = Ear()
    hub.subscribe(ear, ["a", "b"], 0)

    hub.unsubscribe(ear)

    assert hub.is_idle
    assert not hub._by_channel
