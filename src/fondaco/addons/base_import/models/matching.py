"""Which field does a column of a file mean? Pure: titles and trees of fields in, paths out."""

import difflib

CLOSE = 0.85
"""How alike a title and a label must be: "Countri" is Country, "City" is not Company."""
CLEARER = 2
"""So many times the columns of the first line are named by one that is rather taken for the headings: a title like
"Contacts" may be a field's label, too."""


def matches(titles, tree, remembered):
    """{index: path} of the columns that are understood; no path is given twice.

    What the user chose the last time comes first, then names, then labels, then labels that are nearly so.
    """
    found, taken = {}, set()
    for find in (lambda title: _path_of(tree, remembered.get(title)), exact(tree), nearly(tree)):
        for index, title in enumerate(titles):
            path = None if index in found or not title.strip() else find(title.strip())
            if path and tuple(path) not in taken:
                found[index] = path
                taken.add(tuple(path))
    return dict(sorted(found.items()))


def lines_above(rows, tree, remembered, known):
    """How many of the rows are above the one that names the columns, where the line taken for it names only `known` of
    them; 0 where no row does so more clearly."""
    find = exact(tree)
    counts = [len(_named(row, find, remembered)) for row in rows]
    best = max(counts, default=0)
    return counts.index(best) + 1 if best > CLEARER * known else 0


def _named(row, find, remembered):
    """The fields that cells of a row name."""
    texts = {cell.strip() for cell in row} - {""}
    return {tuple(path) for text in texts if (path := find(remembered.get(text) or text))}


def exact(tree):
    """title -> path, step by step by name or label, whatever the case."""

    def find(title):
        path, level = [], tree
        for step in title.replace(":", "/").split("/"):
            node = _node_of(level, step.strip().lower())
            if node is None:
                return None
            path.append(node["name"])
            level = node["fields"]
        return path

    return find


def nearly(tree):
    """title -> path of the one field whose label is nearly the title."""
    name_by_label = {node["string"].lower(): node["name"] for node in tree}

    def find(title):
        close = difflib.get_close_matches(title.lower(), name_by_label, n=1, cutoff=CLOSE)
        return [name_by_label[close[0]]] if close else None

    return find


def _node_of(level, text):
    by_name = (node for node in level if node["name"].lower() == text)
    by_label = (node for node in level if node["string"].lower() == text)
    return next(by_name, None) or next(by_label, None)


def _path_of(tree, path):
    """The steps of a path, None if a field of it is gone."""
    return exact(tree)(path) if path else None
