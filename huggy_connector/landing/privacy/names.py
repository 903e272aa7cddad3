"""Names of fields as rules compare them: without case, accents and separators, and word by word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_RUN = re.compile(r"[^\W\d_]+|[0-9]+")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^A-Za-z]+")
_PLURALS = ("es", "s")
_LONGEST = 4
"""Words that are read as one at most: `e_mail`, `zip code`, `código de endereçamento postal`."""
_MOST_WORDS = 24


@lru_cache(maxsize=8192)
def plain(name: str) -> str:
    """The letters and digits of a name, folded: `E-Mail`, `e_mail` and `É mail` are `email`."""
    return "".join(each for each in _unaccented(name).casefold() if each.isalnum())


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """Its words, folded, however they are parted: `CPFCliente2`, `cpf_cliente_2` and `CPF/cliente 2` are the same."""
    runs = _RUN.findall(_unaccented(name))
    return tuple(word.casefold() for run in runs for word in _WORD.findall(run))[:_MOST_WORDS]


@lru_cache(maxsize=8192)
def said(name: str) -> frozenset[str]:
    """Each word of a name, and each few that stand side by side as one, with and without the plural's ending.

    `e_mails_customer` says `email`, `recep` does not say `cep`.
    """
    each = words(name)
    joined = {
        "".join(each[start:end])
        for start in range(len(each))
        for end in range(start + 1, min(start + _LONGEST, len(each)) + 1)
    }
    return frozenset(joined | {word.removesuffix(end) for word in joined for end in _PLURALS})


def _unaccented(name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
