"""Compose files to one `LoadedTree`.

Steps: read, interpolate, include, extend, merge, choose by profile.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hwaccess.compose.load import paths
from hwaccess.compose.load.casts import cast
from hwaccess.compose.load.extends import Extends, replaced, without
from hwaccess.compose.load.findings import Findings
from hwaccess.compose.load.fold_files import fold_files
from hwaccess.compose.load.include import FIELD as INCLUDE
from hwaccess.compose.load.include import Inclusion, added, check_cycle, inclusions
from hwaccess.compose.load.interpolate import Interpolation
from hwaccess.compose.load.merge import Merge, unique_service
from hwaccess.compose.load.profiles import active_services
from hwaccess.compose.load.project_files import (
    find_files,
    named_env_files,
    project_name,
    with_env_files,
)
from hwaccess.compose.load.schema import check_document, nearest
from hwaccess.compose.load.source import read_text
from hwaccess.compose.yaml.parser import Document, parse
from hwaccess.compose.yaml.tree import Entry, LoadedTree, Mapping, Scalar
from hwaccess.errors import ComposeError

if TYPE_CHECKING:
    from collections.abc import Mapping as Variables
    from collections.abc import Sequence

    from hwaccess.words import Place

MOST_READS: Final = 500
Chain = tuple[tuple[str, "Place | None"], ...]


def load_tree(
    files: Sequence[str | Path],
    *,
    env_files: Sequence[str | Path] = (),
    profiles: Sequence[str] = (),
    project_directory: str | Path | None = None,
    environment: Variables[str, str] | None = None,
) -> LoadedTree:
    """The compose model of the files, as compose itself would put it together.

    A directory stands for the files in it. Without files it is COMPOSE_FILE's, or the nearest ones
    from the directory upwards. environment is the shell's (default: this process's). ComposeError
    when the files cannot be used; what can be passed over is a finding.
    """
    findings = Findings()
    shell = dict(os.environ if environment is None else environment)
    given_directory = None if project_directory is None else str(project_directory)
    names = [str(file) for file in files]
    envs = [str(file) for file in env_files] or named_env_files(shell)
    known = shell if names else with_env_files(shell, envs, given_directory or ".", findings)
    chosen = find_files(names, given_directory, known, findings)
    directory = given_directory or str(Path(chosen[0]).parent)
    known = with_env_files(known, envs, directory, findings)

    parts = _Parts(findings)
    name = _name(parts, chosen, known, directory)
    loader = _Loader(parts, known | {"COMPOSE_PROJECT_NAME": name})
    named = tuple((file, None) for file in chosen)
    root = cast(loader.model(named, directory, named))
    wanted = list(profiles) or [
        part.strip() for part in known.get("COMPOSE_PROFILES", "").split(",") if part.strip()
    ]
    services, inactive = active_services(_services(root, chosen[0]), wanted, findings)
    finished = tuple(_finished(entry, directory, loader) for entry in services)
    root = replaced(without(root, INCLUDE), "services", Mapping(finished, services.place))
    files_read = tuple(parts.documents)
    return LoadedTree(
        root, name, paths.full(directory), files_read, loader.environment, findings.all(), inactive
    )


@dataclass(slots=True)
class _Parts:
    """What every file of one load shares.

    This is the findings, each file's documents, the merge tags, and how much was read.
    """

    findings: Findings
    documents: dict[str, tuple[Document, ...]] = field(default_factory=dict)
    tags: dict[Place, str] = field(default_factory=dict)
    reads: int = 0

    def parse(self, file: str, place: Place | None) -> tuple[Document, ...]:
        """The documents of a file, parsed once. place is what names it.

        Raises `ComposeError` when the file is empty, cannot be read, or is no YAML.
        """
        if file not in self.documents:
            documents = parse(read_text(file, "compose file", place), file)
            if not documents:
                message = f"the compose file {file} is empty"
                raise ComposeError(message, hint="begin with `services:`", place=place)
            self.documents[file] = documents
        return self.documents[file]


@dataclass(frozen=True, slots=True)
class _Loader:
    """Loading with one set of variables: the main files', or those of one `include`."""

    parts: _Parts
    environment: dict[str, str]

    def model(self, files: Chain, directory: str, chain: Chain) -> Mapping:
        """Files laid over one another, whose relative paths start at the directory.

        Chain leads to them.
        """
        merge = Merge(self.parts.tags)
        extends = Extends(merge, self.read)
        models = []
        for file, place in files:
            model = self.read(file, place)
            for inclusion in inclusions(model, directory):
                model = added(model, self.included(inclusion, directory, chain))
            models.append(extends.model(model, file, directory))
        return merge.stripped(reduce(merge.files, models))

    def included(self, inclusion: Inclusion, directory: str, chain: Chain) -> Mapping:
        """An included model, its relative paths absolute unless they start where ours do."""
        check_cycle(inclusion, chain)
        known = with_env_files(
            self.environment, inclusion.env_files, inclusion.directory, self.parts.findings
        )
        files = tuple((file, inclusion.place) for file in inclusion.files)
        model = _Loader(self.parts, known).model(files, inclusion.directory, (*chain, *files))
        if paths.same(inclusion.directory, directory):
            return model
        return paths.absolute(model, paths.full(inclusion.directory))

    def read(self, file: str, place: Place | None) -> Mapping:
        """A file's top level with its variables replaced.

        Several documents are laid over one another.

        Raises `ComposeError` when too many files are included or extended.
        """
        self.parts.reads += 1
        if self.parts.reads > MOST_READS:
            message = f"more than {MOST_READS} files are included or extended"
            raise ComposeError(message, hint="include each file once", place=place)
        interpolation = Interpolation(self.environment, self.parts.findings)
        models = []
        for document in self.parts.parse(file, place):
            self.parts.tags |= document.tags
            models.append(interpolation.mapping(check_document(document, self.parts.findings)))
        return reduce(Merge(self.parts.tags).files, models)


def _name(
    parts: _Parts, files: Sequence[str], environment: Variables[str, str], directory: str
) -> str:
    """The project's name, which variables may ask for, so it is read before the rest."""
    name = None
    for file in files:
        for document in parts.parse(file, None):
            node = document.root.get("name") if isinstance(document.root, Mapping) else None
            name = node if isinstance(node, Scalar) and node.value is not None else name
    if name is not None:
        text = Interpolation(environment, parts.findings).text(name.text, name.place)
        name = Scalar(text, text, name.place)
    return project_name(environment, name, paths.full(directory))


def _services(root: Mapping, file: str) -> Mapping:
    services = root.get("services")
    if not isinstance(services, Mapping) or not services.entries:
        message = f"{file} has no services"
        close = nearest(
            "services", (entry.key.text for entry in root if entry.key.text != "services")
        )
        hint = (
            f"write services: instead of {close}:"
            if close
            else "add one: services: {NAME: {image: IMAGE}}"
        )
        raise ComposeError(message, hint=hint, place=services.place if services else root.place)
    return services


def _finished(entry: Entry, directory: str, loader: _Loader) -> Entry:
    """A service with its env files read and its lists made unique."""
    service = entry.value
    if not isinstance(service, Mapping):
        message = f"the service {entry.key.text!r} is empty"
        raise ComposeError(message, hint="give it an image: or a build:", place=entry.key.place)
    unique = unique_service(service)
    return Entry(
        entry.key, fold_files(unique, directory, loader.environment, loader.parts.findings)
    )
