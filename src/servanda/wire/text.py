"""JSON text, and the faults of a case in it."""

from __future__ import annotations

import json
from codecs import lookup
from collections.abc import Mapping, Sequence
from typing import Any

from servanda.errors import Problem
from servanda.wire.parts import Data


def written(data: Mapping[str, Any], encoding: str = "utf-8") -> str:
    r"""Return data as JSON text, in UTF-8 or, for any other encoding, in ASCII.

    >>> print(written({"party": "Šiʿa"}, "ascii"))
    {
      "party": "\u0160i\u02bfa"
    }
    """
    plain = lookup(encoding).name != "utf-8"
    return json.dumps(data, indent=2, ensure_ascii=plain, allow_nan=False)


def problems(found: Sequence[Problem]) -> Data:
    """Return the faults and warnings of a case."""
    faults = sum(problem.severity == "fault" for problem in found)
    return {
        "faults": faults,
        "warnings": len(found) - faults,
        "problems": [
            {
                "severity": problem.severity,
                "message": problem.message,
                "hint": problem.hint or None,
                "file": problem.file or None,
                "line": problem.line or None,
                "column": problem.column or None,
            }
            for problem in found
        ],
    }
