"""`extends`: a service laid over another one, however long the chain.

The other one is of this file or of another.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load import paths
from hwaccess.compose.load.schema import nearest
from hwaccess.compose.yaml.parser import kind_of
from hwaccess.compose.yaml.tree import Entry, Mapping, Node, Scalar
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwaccess.compose.load.merge import Merge
    from hwaccess.words import Place

FIELD: Final = "extends"
LONGEST_CHAIN: Final = 40


@dataclass(frozen=True, slots=True)
class _Step:
    """One service on the way through a chain, and where it says what it extends."""

    file: str
    service: str
    place: Place


@dataclass(slots=True)
class Extends:
    """The chains of one load.

    read gives the top level of a file, told its name and the place that names it.
    """

    merge: Merge
    read: Callable[[str, Place], Mapping]
    cache: dict[tuple[str, str], Mapping] = field(default_factory=dict)

    def model(self, model: Mapping, file: str, directory: str) -> Mapping:
        """A file's top level with every `extends` of its services carried out.

        Its paths start at the directory.
        """
        services = model.get("services")
        if not isinstance(services, Mapping):
            return model
        inside = _Inside(self, services, file, directory)
        done = tuple(Entry(entry.key, inside.service(entry, ())) for entry in services)
        return replaced(model, "services", Mapping(done, services.place))


@dataclass(frozen=True, slots=True)
class _Inside:
    """The services of one file, and where it is.

    Raises `ComposeError` when a service is not there, or the chain is a circle or too long.
    """

    extends: Extends
    services: Mapping
    file: str
    directory: str

    def service(self, entry: Entry, chain: tuple[_Step, ...]) -> Node:
        service = entry.value
        wish = service.entry(FIELD) if isinstance(service, Mapping) else None
        if wish is None or not isinstance(service, Mapping):
            return service
        step = _Step(os.path.realpath(self.file), entry.key.text, wish.key.place)
        if any((seen.file, seen.service) == (step.file, step.service) for seen in chain):
            raise _cycle((*chain, step))
        if len(chain) >= LONGEST_CHAIN:
            message = f"a chain of more than {LONGEST_CHAIN} extends"
            raise ComposeError(
                message, hint="extend a service nearer to the end of the chain", place=step.place
            )
        key = (step.file, step.service)
        if key not in self.extends.cache:
            self.extends.cache[key] = self.extended(service, self.base(wish.value, (*chain, step)))
        return self.extends.cache[key]

    def extended(self, service: Mapping, base: Node) -> Mapping:
        own, merge = without(service, FIELD), self.extends.merge
        return merge.service(merge.stripped(base), own) if isinstance(base, Mapping) else own

    def base(self, wish: Node, chain: tuple[_Step, ...]) -> Node:
        """The finished service that is extended.

        Of another file with its relative paths made absolute.
        """
        name, file = _wish(wish)
        if file is None:
            return self.service(self.find(name), chain)
        shown = paths.local(self.directory, file)
        directory = str(Path(shown).parent)
        model = self.extends.read(shown, file.place)
        services = model.get("services")
        if not isinstance(services, Mapping):
            services = Mapping((), model.place)
        there = _Inside(self.extends, services, shown, directory)
        done = there.service(there.find(name), chain)
        if paths.same(directory, self.directory):
            return done
        return paths.absolute_service(done, paths.full(directory))

    def find(self, name: Scalar) -> Entry:
        entry = self.services.entry(name.text)
        if entry is not None:
            return entry
        names = tuple(entry.key.text for entry in self.services)
        message = f"there is no service {name.text!r} in {self.file} to extend"
        close = nearest(name.text, names)
        hint = (
            f"did you mean {close!r}?"
            if close
            else f"its services are: {', '.join(names) or 'none'}"
        )
        raise ComposeError(message, hint=hint, place=name.place)


def _wish(wish: Node) -> tuple[Scalar, Scalar | None]:
    """The service and the file of an `extends`, short or long."""
    name, file = (
        (wish.get("service"), wish.get("file")) if isinstance(wish, Mapping) else (wish, None)
    )
    if not isinstance(name, Scalar) or name.value is None:
        what = "names no service" if isinstance(wish, Mapping) else f"is {kind_of(wish)}"
        hint = "write extends: SERVICE, or extends: {file: FILE, service: SERVICE}"
        message = f"extends {what}"
        raise ComposeError(message, hint=hint, place=wish.place)
    if file is not None and not isinstance(file, Scalar):
        message = f"the file of extends is {kind_of(file)}"
        raise ComposeError(message, hint="name one file", place=file.place)
    return name, None if file is None or file.value is None else file


def _cycle(chain: tuple[_Step, ...]) -> ComposeError:
    last = chain[-1]
    start = next(
        n for n, step in enumerate(chain) if (step.file, step.service) == (last.file, last.service)
    )
    circle = " -> ".join(f"{step.service} ({step.place})" for step in chain[start:-1])
    message = f"extends goes round in a circle: {circle} -> {last.service}"
    return ComposeError(message, hint="take one of these `extends` away", place=chain[start].place)


def without(mapping: Mapping, name: str) -> Mapping:
    """The mapping without that key."""
    return Mapping(tuple(entry for entry in mapping if entry.key.text != name), mapping.place)


def replaced(mapping: Mapping, name: str, value: Node) -> Mapping:
    """The mapping with another value at a key that it has."""
    return Mapping(
        tuple(Entry(entry.key, value) if entry.key.text == name else entry for entry in mapping),
        mapping.place,
    )
