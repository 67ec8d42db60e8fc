"""Metrics as Prometheus reads them."""

from fondaco.metrics import Counter, Histogram


def test_events_are_counted_by_label():
    counter = Counter("t_events_total", "Events", ("db",))

    counter.count('a"b\n')
    counter.count('a"b\n', by=2)

    assert counter.lines() == ['t_events_total{db="a\\"b\\n"} 3']


def test_durations_fall_under_every_bound_above_them():
    histogram = Histogram("t_seconds", "Durations", ("db",), buckets=(0.1, 1.0))

    for seconds in (0.05, 0.5, 0.5, 7.0):
        histogram.observe(seconds, "shop")

    assert histogram.lines() == [
        't_seconds_bucket{db="shop",le="0.1"} 1',
        't_seconds_bucket{db="shop",le="1"} 3',
        't_seconds_bucket{db="shop",le="+Inf"} 4',
        't_seconds_sum{db="shop"} 8.05',
        't_seconds_count{db="shop"} 4',
    ]


def test_a_stranger_cannot_make_endless_series():
    counter = Counter("t_many_total", "Events", ("path",))

    for number in range(5000):
        counter.count(str(number))

    assert len(counter.lines()) <= 2049
