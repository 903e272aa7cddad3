"""YAML as all kits write it."""

from typing import Any

import yaml


def to_yaml(content: Any) -> str:
    """Return content as YAML, in the order in which it is given, with letters of every language as they are."""
    written: str = yaml.dump(content, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=120)
    return written
