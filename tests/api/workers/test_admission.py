"""Fairness is arithmetic: no process, no clock."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Overloaded
from api.workers.admission import Turns, share_of


def turns(per_client=2, waiting=6):
    refused = []
    made = Turns(
        per_client=per_client, waiting=waiting, refuse=lambda item, error: refused.append(item)
    )
    return made, refused


def test_one_with_many_waiting_does_not_delay_another():
    queue, _ = turns(waiting=100)
    for n in range(50):
        queue.wait("greedy", f"g{n}")
    queue.start("greedy")
    queue.wait("modest", "m")
    assert queue.next() == ("modest", "m")
    assert queue.next() == ("greedy", "g0")


def test_clients_take_turns():
    queue, _ = turns(per_client=9)
    for n in range(3):
        queue.wait("a", f"a{n}")
        queue.wait("b", f"b{n}")
    order = []
    for _ in range(6):
        client, item = queue.next()
        order.append(item)
        queue.end(client)
    assert order == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_no_client_takes_all_workers():
    queue, _ = turns(per_client=2)
    for n in range(4):
        queue.wait("a", n)
    assert [queue.next(), queue.next()] == [("a", 0), ("a", 1)]
    assert queue.next_client() is None
    with pytest.raises(LookupError):
        queue.next()
    queue.end("a")
    assert queue.next() == ("a", 2)


def test_who_has_most_gives_way():
    queue, refused = turns(waiting=4)
    for n in range(4):
        queue.wait("greedy", f"g{n}")
    queue.wait("modest", "m")
    assert refused == ["g3"]
    with pytest.raises(Overloaded) as caught:
        queue.wait("greedy", "g4")
    assert caught.value.limit == "waiting_queries"
    assert caught.value.headers["Retry-After"].isdigit()


def test_a_heavy_query_takes_more_room():
    queue, refused = turns(waiting=10)
    queue.wait("a", "heavy", weight=9)
    queue.wait("b", "light")
    queue.wait("c", "light too")
    assert refused == ["heavy"]
    with pytest.raises(Overloaded):
        queue.wait("d", "too heavy for an empty queue", weight=11)
    assert queue.waiting == 2


def test_who_leaves_waits_no_more():
    queue, _ = turns()
    queue.wait("a", "x")
    queue.leave("a", "x")
    queue.leave("a", "x")
    queue.leave("nobody", "y")
    assert (queue.waiting, queue.next_client()) == (0, None)


ACTIONS = st.lists(
    st.tuples(st.sampled_from(["wait", "next", "end", "leave"]), st.sampled_from("abcd")),
    max_size=80,
)


@given(actions=ACTIONS, per_client=st.integers(1, 3), room=st.integers(1, 8))
def test_counts_hold_whatever_happens(actions, per_client, room):
    """Nobody is over a limit, nothing is lost or served twice, and who may start is found."""
    refused: list[int] = []
    queue = Turns(per_client=per_client, waiting=room, refuse=lambda item, _: refused.append(item))
    waiting: dict[int, str] = {}
    at_work: list[str] = []
    for number, (action, client) in enumerate(actions):
        if action == "wait":
            try:
                queue.wait(client, number)
                waiting[number] = client
            except Overloaded:
                assert len(waiting) == room
            for item in refused:
                waiting.pop(item, None)
        elif action == "leave":
            item = next((n for n, each in waiting.items() if each == client), None)
            if item is not None:
                queue.leave(client, item)
                del waiting[item]
        elif action == "end" and client in at_work:
            queue.end(client)
            at_work.remove(client)
        elif action == "next":
            may = {c for c in waiting.values() if at_work.count(c) < per_client}
            if not may:
                assert queue.next_client() is None
                continue
            chosen, item = queue.next()
            assert waiting.pop(item) == chosen
            assert at_work.count(chosen) == min(at_work.count(c) for c in may)
            at_work.append(chosen)
        assert queue.waiting == len(waiting) <= room
        assert queue.at_work == len(at_work)


def test_shares():
    assert share_of("2001:db8:1:2::1") == share_of("2001:db8:1:2:ffff::9")
    assert share_of("2001:db8:1:2::1") != share_of("2001:db8:1:3::1")
    assert share_of("::ffff:192.0.2.1") == share_of("192.0.2.1") != share_of("192.0.2.2")
    assert share_of("") == ""
