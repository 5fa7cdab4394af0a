"""Tables of paths, and the walks that change scalars or look at entries along them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwaccess.compose.yaml.parser import parse
from hwaccess.compose.yaml.path import Path, changed, changed_mapping, entries, everywhere, paths
from hwaccess.compose.yaml.tree import Mapping, Scalar, Sequence
from tests.unit.compose.conftest import plain

if TYPE_CHECKING:
    from hwaccess.compose.yaml.tree import Node


def tree(text: str) -> Mapping:
    root = parse(text, "f.yml")[0].root
    assert isinstance(root, Mapping)
    return root


def marked(scalar: Scalar, mark: str) -> Scalar:
    text = f"{scalar.text}{mark}"
    return Scalar(text, text, scalar.place)


def texts(node: Node, rules: Path[str]) -> object:
    return plain(changed(node, rules, marked))


def test_a_star_stands_for_any_name_and_any_item() -> None:
    rules = paths({"a.*": "!", "b.*.c": "?"})
    assert texts(tree("{a: {x: p, y: q}, b: {n: {c: r, d: s}}}"), rules) == {
        "a": {"x": "p!", "y": "q!"},
        "b": {"n": {"c": "r?", "d": "s"}},
    }
    assert texts(tree("{a: [p, q], b: [{c: r}]}"), rules) == {"a": ["p!", "q!"], "b": [{"c": "r?"}]}


def test_a_name_goes_before_the_star() -> None:
    assert texts(tree("{a: p, b: q}"), paths({"*": "!", "a": "?"})) == {"a": "p?", "b": "q!"}


def test_only_the_place_itself_has_the_rule_and_not_what_is_above_or_below() -> None:
    rules = paths({"a.b": "!"})
    assert texts(tree("{a: p}"), rules) == {"a": "p"}
    assert texts(tree("{a: {b: {c: p}}}"), rules) == {"a": {"b": {"c": "p"}}}
    assert texts(tree("{x: {a: {b: p}}}"), rules) == {"x": {"a": {"b": "p"}}}


def test_everywhere_is_at_every_depth() -> None:
    assert texts(tree("{a: p, b: [q, {c: [r]}]}"), everywhere("!")) == {
        "a": "p!",
        "b": ["q!", {"c": ["r!"]}],
    }


def test_what_does_not_change_stays_the_same_object_and_places_stay() -> None:
    root = tree("a: {b: p}\nc: {d: [q]}\n")
    new = changed_mapping(root, paths({"a.b": "!"}), marked)
    assert new is not root
    assert new.get("c") is root.get("c")
    assert [str(entry.value.place) for entry in new] == ["f.yml:1:4", "f.yml:2:4"]
    assert changed_mapping(root, paths({"a.z": "!"}), marked) is root
    assert changed(root, None, marked) is root


def test_a_path_tells_its_text_and_rule() -> None:
    rules = paths({"": "root", "a.*.b": "leaf"})
    assert (rules.text, rules.rule) == ("", "root")
    inner = rules.steps["a"].item()
    assert inner is not None
    assert (inner.text, inner.rule) == ("a.*", None)
    leaf = inner.key("b")
    assert leaf is not None
    assert (leaf.text, leaf.rule) == ("a.*.b", "leaf")
    assert inner.key("c") is None
    assert inner.item() is None


def test_entries_come_in_the_order_of_the_text_with_the_keys_that_lead_there() -> None:
    root = tree("{a: {n: [{b: 1}, {c: 2}], m: 3}, z: {b: 4}}")
    seen = [
        (entry.key.text, path.text, keys)
        for entry, path, keys in entries(root, paths({"a.n.*": "x"}))
    ]
    assert seen == [
        ("a", "", ()),
        ("n", "a", ("a",)),
        ("b", "a.n.*", ("a", "n")),
        ("c", "a.n.*", ("a", "n")),
        ("m", "a", ("a",)),
        ("z", "", ()),
    ]
    assert list(entries(Sequence((), root.place), paths({"*": "x"}))) == []
