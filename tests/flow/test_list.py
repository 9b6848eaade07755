"""The list of requests: one queryset, named lists, filters in the address."""

from requests_app.selectors import lists


def test_every_list_counts_what_it_shows(world):
    world.received()
    world.assigned()
    world.answered()
    world.closed()

    for user in (world.allocator, world.handler, world.jurist, world.basic, world.stranger):
        counts = lists.counts(user)
        assert set(counts) == set(lists.LISTS)
        for name, number in counts.items():
            assert lists.find(user, lists.Filters(list_name=name)).total == number, name
