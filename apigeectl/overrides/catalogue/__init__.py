"""Every property of an overrides file, hybrid 1.1 to 1.16, as data: what it is called, takes, does and became.

`properties.json` has a row for each property, for each group of them, and for each use of a shape. A shape is a group
that many components share, such as `image` or `resources`; `shapes.json` describes it once, with `{name}` in its words
for the component that uses it.
"""

from apigeectl.overrides.catalogue.property import Property, release_number
from apigeectl.overrides.catalogue.secrets import SECRET_NAME, is_secret
from apigeectl.overrides.catalogue.suggestions import Suggestion, suggest
from apigeectl.overrides.catalogue.tree import children, find, paths, predecessors, properties, takes_any_key
from apigeectl.overrides.catalogue.typed import corrected, understood

__all__ = [
    "SECRET_NAME",
    "Property",
    "Suggestion",
    "children",
    "corrected",
    "find",
    "is_secret",
    "paths",
    "predecessors",
    "properties",
    "release_number",
    "suggest",
    "takes_any_key",
    "understood",
]
