"""What becomes of personal data before anything is written: see `policy`.

names     names of fields as they are compared
fields    what the catalogue knows of them
rules     the rules as a person writes them
places    what is done with a value, by where it lies in a row
personal  what a value tells by itself
masks     what is written instead
tally     what is told of it
"""

from huggy_connector.landing.privacy.masks import hashed, masked
from huggy_connector.landing.privacy.personal import covered
from huggy_connector.landing.privacy.policy import KEEP_ALL, Policy, check_key, key_of, nested_in
from huggy_connector.landing.privacy.tally import Found, Tally, sentence, tallied

__all__ = [
    "KEEP_ALL",
    "Found",
    "Policy",
    "Tally",
    "check_key",
    "covered",
    "hashed",
    "key_of",
    "masked",
    "nested_in",
    "sentence",
    "tallied",
]
