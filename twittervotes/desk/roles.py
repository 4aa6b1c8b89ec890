"""Who may do what; pure.

A person has a role for each contest, or one for all of them. What isn't granted here is refused.
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERY = "*"  # in place of a contest: all of them


class Role(StrEnum):
    """The roles, the most powerful first."""

    ADMINISTRATOR = "administrator"
    OPERATOR = "operator"
    MODERATOR = "moderator"
    VIEWER = "viewer"


class Right(StrEnum):
    """What a role may grant."""

    SEE = "see"  # the desk's page of a contest, and what became of requests
    ACT = "act"  # request acts, hide and show results, make decks
    INVITE = "invite"  # invite people, end their sign-ins, read the audit


RIGHTS: Mapping[Role, frozenset[Right]] = MappingProxyType(
    {
        Role.ADMINISTRATOR: frozenset(Right),
        Role.OPERATOR: frozenset({Right.SEE, Right.ACT}),
        Role.MODERATOR: frozenset({Right.SEE}),
        Role.VIEWER: frozenset({Right.SEE}),
    }
)


def may(roles: Mapping[str, Role], right: Right, contest: str = EVERY) -> bool:
    """Return whether somebody with these roles, by contest, has a right for a contest.

    A right for EVERY contest comes only from a role for every contest.
    """
    held = (roles.get(EVERY), roles.get(contest))
    return any(right in RIGHTS[role] for role in held if role is not None)
