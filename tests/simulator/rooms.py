"""Who is in the scripts about files: two or three people, signed in and in one room.

Takes a version and a seed; gives the world, its people, and their conversation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .world import World

if TYPE_CHECKING:
    from .chat import Chat
    from .people import Account

ALICE, BOB, CAROL = ("alice@example.org", "Алиса"), ("bob@example.com", "宝儿"), ("carol@example.net", "Carol")


def people(version: int, seed: int, *, tapped: str = "ab", three: bool = False, **settings: object) -> tuple[
    World, list[Account]
]:  # fmt: skip
    """Two or three people who are online; ``tapped``: the first letters of those whose lines are."""
    world = World(version=version, seed=seed, **settings)  # type: ignore[arg-type]
    accounts = [
        world.account(address, name, tapped=address[0] in tapped)
        for address, name in (ALICE, BOB, CAROL)[: 2 + three]
    ]
    return world, accounts


def online(version: int, seed: int, **settings: object) -> tuple[World, list[Account], Chat]:
    """The same, signed in and in one room."""
    world, accounts = people(version, seed, **settings)  # type: ignore[arg-type]
    for account in accounts:
        account.login()
    return world, accounts, accounts[0].opens_chat(*accounts[1:])
