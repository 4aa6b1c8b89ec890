"""Puts strange values into JSON that a network sent, at any depth."""

from __future__ import annotations

from typing import Any

LEFT_OUT = object()


def put(told: Any, place: tuple[str, ...], value: object) -> None:
    """Set the field at `place`, or remove it; do nothing where there is no such object."""
    *way, last = place
    for name in way:
        told = told.get(name) if isinstance(told, dict) else None
    if not isinstance(told, dict):
        return
    if value is LEFT_OUT:
        told.pop(last, None)
    else:
        told[last] = value
