"""Names of fields as rules compare them: without case, accents and separators, and word by word."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_RUN = re.compile(r"[^\W\d_]+|[0-9]+")
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^A-Za-z]+")
_PLURALS = ("es", "s")
_MOST_JOINED_WORDS = 4
"""The most words that are read as one: `e_mail`, `zip code`, `código de endereçamento postal`."""
_MOST_WORDS = 24


@lru_cache(maxsize=8192)
def normalize(name: str) -> str:
    """Return the letters and digits of a name in lower case: `E-Mail`, `e_mail` and `É mail` are `email`."""
    return "".join(each for each in _strip_accents(name).casefold() if each.isalnum())


@lru_cache(maxsize=8192)
def split_words(name: str) -> tuple[str, ...]:
    """Return the words of a name in lower case, however they are separated.

    `CPFCliente2`, `cpf_cliente_2` and `CPF/cliente 2` give the same words.
    """
    runs = _RUN.findall(_strip_accents(name))
    return tuple(word.casefold() for run in runs for word in _WORD.findall(run))[:_MOST_WORDS]


@lru_cache(maxsize=8192)
def word_phrases(name: str) -> frozenset[str]:
    """Return each word of a name, and each few neighbouring words as one, with and without a plural ending.

    `e_mails_customer` contains `email`. `recep` does not contain `cep`.
    """
    parts = split_words(name)
    joined = {
        "".join(parts[start:end])
        for start in range(len(parts))
        for end in range(start + 1, min(start + _MOST_JOINED_WORDS, len(parts)) + 1)
    }
    return frozenset(joined | {word.removesuffix(end) for word in joined for end in _PLURALS})


def _strip_accents(name: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
