"""Names for the types of JSON, as it comes from outside and as it is stored in `jsonb` columns.

A value of unknown shape is an `object`: `isinstance` narrows it before anything is read from it.
"""

from collections.abc import Mapping
from typing import Any

# A parsed object. Its members are unchecked.
JSONObject = dict[str, Any]

# The same where it is only read.
JSONMapping = Mapping[str, Any]

# A list of objects: rows of a file, items of an answer.
JSONRows = list[JSONObject]
