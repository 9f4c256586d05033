"""Comparing beside the server: nothing is left behind when the server ends in the middle."""

import asyncio
import os

import pytest

from api.errors import StillComparing
from api.history.comparing import Comparing
from kg.shelf import all_releases


def _children():
    with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listed:
        return set(listed.read().split())


def test_a_server_that_ends_takes_its_comparing_with_it(past, tmp_path):
    newest, _, oldest = all_releases(past / "releases")
    before = _children()

    async def serve_a_moment():
        comparing = Comparing(tmp_path / "changes", seconds=0.05, room_bytes=1 << 30)
        with pytest.raises(StillComparing):
            await comparing.changes(oldest, newest)
        assert _children() - before

    asyncio.run(serve_a_moment())
    assert _children() == before
    assert not (tmp_path / "changes").exists() or not list((tmp_path / "changes").glob("1-*"))


def test_only_so_many_pairs_wait(past, tmp_path):
    newest, middle, oldest = all_releases(past / "releases")
    pairs = [(a, b) for a in (newest, middle, oldest) for b in (newest, middle, oldest)]

    async def ask_for_all():
        comparing = Comparing(tmp_path / "changes", seconds=0.05, room_bytes=1 << 30)
        found = await asyncio.gather(
            *(comparing.changes(*pair) for pair in pairs), return_exceptions=True
        )
        return [str(each) for each in found]

    said = asyncio.run(ask_for_all())
    assert sum(each.startswith("Many releases") for each in said) == 1
    assert sum(each.startswith("These releases") for each in said) == 8
