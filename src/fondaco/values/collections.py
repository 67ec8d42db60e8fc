"""Which containers the house uses besides the built-in ones.

Interfaces follow `odoo.tools` (frozendict, OrderedSet, LRU, groupby, split_every, ...) because addons use them too.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, defaultdict
from collections.abc import (
    Callable,
    Collection,
    Iterable,
    Iterator,
    Mapping,
    MutableMapping,
    MutableSet,
    Reversible,
    Sequence,
)
from itertools import islice
from typing import Any, NoReturn, TypeVar, overload

K = TypeVar("K")
V = TypeVar("V")
T = TypeVar("T")


class frozendict(dict[K, V]):
    """A dict that refuses to change and can be hashed when its values can (or are dicts and lists of such)."""

    __slots__ = ("_hash",)
    _hash: int

    def _refuse(self, *args: object, **kwargs: object) -> NoReturn:
        raise NotImplementedError("frozendict: values cannot be changed; build a new one, e.g. {**old, key: value}")

    __setitem__ = __delitem__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse
    __ior__ = _refuse

    def __hash__(self) -> int:  # type: ignore[override]
        try:
            return self._hash
        except AttributeError:
            self._hash = hash(frozenset((key, freehash(value)) for key, value in self.items()))
            return self._hash

    def __reduce__(self) -> tuple[type[frozendict[K, V]], tuple[dict[K, V]]]:
        return type(self), (dict(self),)

    def __copy__(self) -> frozendict[K, V]:
        return self

    def __deepcopy__(self, memo: object) -> dict[K, V]:
        # A copy is made in order to change it.
        return dict(self)


def freehash(arg: object) -> int:
    """A hash for any value: containers by content, the unhashable by identity."""
    try:
        return hash(arg)
    except TypeError:
        if isinstance(arg, Mapping):
            return hash(frozenset((key, freehash(item)) for key, item in arg.items()))
        if isinstance(arg, Iterable):
            return hash(frozenset(freehash(item) for item in arg))
        return id(arg)


class OrderedSet(MutableSet[T]):
    """A set that keeps the order of first insertion."""

    __slots__ = ("_map",)

    def __init__(self, elems: Iterable[T] = ()) -> None:
        self._map: dict[T, None] = dict.fromkeys(elems)

    def __contains__(self, elem: object) -> bool:
        return elem in self._map

    def __iter__(self) -> Iterator[T]:
        return iter(self._map)

    def __reversed__(self) -> Iterator[T]:
        return reversed(self._map)

    def __len__(self) -> int:
        return len(self._map)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)!r})"

    def add(self, elem: T) -> None:
        self._map[elem] = None

    def discard(self, elem: T) -> None:
        self._map.pop(elem, None)

    def update(self, elems: Iterable[T]) -> None:
        self._map.update(dict.fromkeys(elems))

    def difference_update(self, elems: Iterable[T]) -> None:
        pop = self._map.pop
        for elem in elems:
            pop(elem, None)

    def intersection(self, *others: Collection[T]) -> OrderedSet[T]:
        return type(self)(elem for elem in self if all(elem in other for other in others))

    def copy(self) -> OrderedSet[T]:
        return type(self)(self)


class LastOrderedSet(OrderedSet[T]):
    """An OrderedSet that keeps the order of last insertion."""

    __slots__ = ()

    def __init__(self, elems: Iterable[T] = ()) -> None:
        super().__init__()
        self.update(elems)

    def add(self, elem: T) -> None:
        self._map.pop(elem, None)
        self._map[elem] = None

    def update(self, elems: Iterable[T]) -> None:
        for elem in elems:
            self.add(elem)


class LRU(MutableMapping[K, V]):
    """A mapping of at most `count` entries that forgets the least recently used; safe between threads."""

    __slots__ = ("_count", "_lock", "_values")

    def __init__(self, count: int, pairs: Iterable[tuple[K, V]] = ()) -> None:
        if count <= 0:
            raise ValueError(f"LRU: count must be positive, got {count!r}")
        self._count = count
        self._lock = threading.RLock()
        self._values: OrderedDict[K, V] = OrderedDict()
        for key, value in pairs:
            self[key] = value

    @property
    def count(self) -> int:
        return self._count

    def __contains__(self, key: object) -> bool:
        return key in self._values

    def __getitem__(self, key: K) -> V:
        with self._lock:
            value = self._values[key]
            self._values.move_to_end(key)
            return value

    def __setitem__(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            while len(self._values) > self._count:
                self._values.popitem(last=False)

    def __delitem__(self, key: K) -> None:
        with self._lock:
            del self._values[key]

    def __len__(self) -> int:
        return len(self._values)

    def __iter__(self) -> Iterator[K]:
        """Keys from the most to the least recently used, as they are now."""
        with self._lock:
            return iter(list(reversed(self._values)))

    def pop(self, key: K, *default: Any) -> Any:
        with self._lock:
            return self._values.pop(key, *default)

    def clear(self) -> None:
        with self._lock:
            self._values.clear()

    @property
    def d(self) -> Mapping[K, V]:
        """The entries, for statistics."""
        return self._values


class ReadonlyDict(Mapping[K, V]):
    """A mapping whose content is copied once and cannot be reached otherwise (not JSON-serialisable by accident)."""

    __slots__ = ("_data",)

    def __init__(self, data: Mapping[K, V]) -> None:
        self._data = dict(data)

    def __getitem__(self, key: K) -> V:
        return self._data[key]

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[K]:
        return iter(self._data)

    def __contains__(self, key: object) -> bool:
        return key in self._data


class ConstantMapping(Mapping[Any, V]):
    """Answers the same value for every key, and has none to enumerate."""

    __slots__ = ("_value",)

    def __init__(self, val: V) -> None:
        self._value = val

    def __getitem__(self, key: object) -> V:
        return self._value

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class StackMap(MutableMapping[K, V]):
    """A stack of mappings: reads look from the top down, writes go to the top."""

    __slots__ = ("_maps",)

    def __init__(self, m: MutableMapping[K, V] | None = None) -> None:
        self._maps: list[MutableMapping[K, V]] = [] if m is None else [m]

    def __getitem__(self, key: K) -> V:
        for mapping in reversed(self._maps):
            if key in mapping:
                return mapping[key]
        raise KeyError(key)

    def __setitem__(self, key: K, val: V) -> None:
        self._maps[-1][key] = val

    def __delitem__(self, key: K) -> None:
        del self._maps[-1][key]

    def __iter__(self) -> Iterator[K]:
        return iter({key for mapping in self._maps for key in mapping})

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"<StackMap {self._maps!r}>"

    def pushmap(self, m: MutableMapping[K, V] | None = None) -> None:
        self._maps.append({} if m is None else m)

    def popmap(self) -> MutableMapping[K, V]:
        return self._maps.pop()


class Collector(dict[K, tuple[V, ...]]):
    """A mapping from keys to tuples of distinct values; a missing key has the empty tuple."""

    __slots__ = ()

    def __getitem__(self, key: K) -> tuple[V, ...]:
        return self.get(key, ())

    def __setitem__(self, key: K, val: Iterable[V]) -> None:
        values = tuple(val)
        if values:
            super().__setitem__(key, values)
        else:
            self.pop(key, None)

    def add(self, key: K, val: V) -> None:
        present = self[key]
        if val not in present:
            self[key] = (*present, val)

    def discard_keys_and_values(self, excludes: Collection[Any]) -> None:
        for key in excludes:
            self.pop(key, None)
        for key, values in list(self.items()):
            self[key] = tuple(value for value in values if value not in excludes)


class DotDict(dict[str, Any]):
    """A dict whose keys can be read as attributes; nested dicts likewise; a missing key reads None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self.get(name)
        return DotDict(value) if isinstance(value, dict) else value


class ReversedIterable(Reversible[T]):
    """An iterable seen from its end, without copying it."""

    __slots__ = ("iterable",)

    def __init__(self, iterable: Reversible[T]) -> None:
        self.iterable = iterable

    def __iter__(self) -> Iterator[T]:
        return reversed(self.iterable)

    def __reversed__(self) -> Iterator[T]:
        return iter(self.iterable)


class Reverse:
    """Wraps a sort key so that it orders backwards."""

    __slots__ = ("val",)

    def __init__(self, val: Any) -> None:
        self.val = val

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Reverse) and bool(self.val == other.val)

    def __hash__(self) -> int:
        return hash(self.val)

    def __lt__(self, other: Reverse) -> bool:
        return bool(self.val > other.val)

    def __le__(self, other: Reverse) -> bool:
        return bool(self.val >= other.val)

    def __gt__(self, other: Reverse) -> bool:
        return bool(self.val < other.val)

    def __ge__(self, other: Reverse) -> bool:
        return bool(self.val <= other.val)


class Callbacks:
    """A queue of functions to call once, in order; `data` is shared by them and emptied with the queue."""

    __slots__ = ("_funcs", "data")

    def __init__(self) -> None:
        self._funcs: list[Callable[[], Any]] = []
        self.data: dict[Any, Any] = {}

    def __len__(self) -> int:
        return len(self._funcs)

    def add(self, func: Callable[[], Any]) -> None:
        self._funcs.append(func)

    def run(self) -> None:
        """Call every function, also those added meanwhile; each leaves the queue before it runs."""
        index = 0
        funcs = self._funcs
        while index < len(funcs):
            func = funcs[index]
            index += 1
            func()
        self.clear()

    def clear(self) -> None:
        self._funcs = []
        self.data.clear()


@overload
def groupby(iterable: Iterable[T], key: Callable[[T], K]) -> Iterable[tuple[K, list[T]]]: ...
@overload
def groupby(iterable: Iterable[T]) -> Iterable[tuple[T, list[T]]]: ...
def groupby(iterable: Iterable[Any], key: Callable[[Any], Any] = lambda item: item) -> Iterable[tuple[Any, list[Any]]]:
    """Pairs (key, elements) in the order keys are first met; needs no sorted input, unlike itertools."""
    groups: dict[Any, list[Any]] = defaultdict(list)
    for element in iterable:
        groups[key(element)].append(element)
    return groups.items()


def unique(it: Iterable[T]) -> Iterator[T]:
    """The elements of `it` without repetition, in order."""
    return iter(dict.fromkeys(it))


def partition(pred: Callable[[T], Any], elems: Iterable[T]) -> tuple[list[T], list[T]]:
    """Two lists: the elements for which `pred` holds, and the others."""
    yes: list[T] = []
    no: list[T] = []
    for elem in elems:
        (yes if pred(elem) else no).append(elem)
    return yes, no


def split_every(n: int, iterable: Iterable[T], piece_maker: Callable[[Iterable[T]], Any] = tuple) -> Iterator[Any]:
    """Pieces of at most `n` elements, each made by `piece_maker`."""
    iterator = iter(iterable)
    while piece := tuple(islice(iterator, n)):
        yield piece if piece_maker is tuple else piece_maker(piece)


def reverse_enumerate(lst: Sequence[T]) -> Iterator[tuple[int, T]]:
    """(index, element) from the last to the first."""
    return zip(range(len(lst) - 1, -1, -1), reversed(lst), strict=True)


def submap(mapping: Mapping[K, V], keys: Iterable[K]) -> dict[K, V]:
    """The part of `mapping` whose keys are in `keys`, in the mapping's order."""
    wanted = frozenset(keys)
    return {key: value for key, value in mapping.items() if key in wanted}


def flatten(nested: Iterable[Any]) -> list[Any]:
    """One list of the leaves of nested iterables; strings and mappings are leaves."""
    leaves: list[Any] = []
    for element in nested:
        if isinstance(element, Iterable) and not isinstance(element, (str, bytes, Mapping)):
            leaves.extend(flatten(element))
        else:
            leaves.append(element)
    return leaves


def merge_sequences(*iterables: Iterable[T]) -> list[T]:
    """One sequence that respects the order of each; `T` must be hashable. Contradictions keep the earlier order."""
    predecessors: dict[T, list[T]] = {}
    for iterable in iterables:
        previous: list[T] = []
        for element in iterable:
            predecessors.setdefault(element, []).extend(previous)
            previous = [element]
    return topological_sort(predecessors)


def topological_sort(elems: Mapping[T, Iterable[T]]) -> list[T]:
    """The keys of `elems` (and what they depend on, if a key), each after its dependencies; cycles are cut."""
    result: list[T] = []
    visited: set[T] = set()
    for root in elems:
        stack: list[tuple[T, Iterator[T]]] = []
        if root not in visited:
            visited.add(root)
            stack.append((root, iter(elems[root])))
        while stack:
            node, dependencies = stack[-1]
            for dependency in dependencies:
                if dependency not in visited and dependency in elems:
                    visited.add(dependency)
                    stack.append((dependency, iter(elems[dependency])))
                    break
            else:
                result.append(node)
                stack.pop()
    return result


def is_list_of(values: object, type_: type | tuple[type, ...]) -> bool:
    """Whether `values` is a list or tuple whose elements are all of `type_`."""
    return isinstance(values, (list, tuple)) and all(isinstance(item, type_) for item in values)


def has_list_types(values: object, types: Sequence[type]) -> bool:
    """Whether `values` is a list or tuple with elements of exactly these types, one by one."""
    return (
        isinstance(values, (list, tuple))
        and len(values) == len(types)
        and all(isinstance(item, kind) for item, kind in zip(values, types, strict=True))
    )
