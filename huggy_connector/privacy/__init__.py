"""The privacy rules: what is done with personal data before anything is written. See `policy`.

rules             the rules as an operator writes them
policy            applies the rules to a row
field_names       names of fields as rules compare them
fields            what the catalogue knows of a field
locations         what is done with a value, by its location in a row
detectors         personal data that a value shows by itself
masks             masks and hashes of values
detection_counts  how often values were detected
suppression_list  the people of whom no row may be written again
"""

from huggy_connector.privacy.detection_counts import DetectionCounts, MaskedDetection, add_detections, describe_counts
from huggy_connector.privacy.detectors import mask_personal_data
from huggy_connector.privacy.masks import hash_value, mask_value
from huggy_connector.privacy.policy import KEEP_ALL, PrivacyPolicy, check_hash_key, hash_key_of, parse_nested_json
from huggy_connector.privacy.suppression_list import SuppressionList

__all__ = [
    "KEEP_ALL",
    "DetectionCounts",
    "MaskedDetection",
    "PrivacyPolicy",
    "SuppressionList",
    "add_detections",
    "check_hash_key",
    "describe_counts",
    "hash_key_of",
    "hash_value",
    "mask_personal_data",
    "mask_value",
    "parse_nested_json",
]
