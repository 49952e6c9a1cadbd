"""Report errors from operators."""

from __future__ import annotations

import bpy

from ...core.errors import UserError
from ..context import OperatorResult


def report_error(operator: bpy.types.Operator, error: UserError) -> OperatorResult:
    """Report an error on an operator; returns what the operator should return."""
    operator.report({"ERROR"}, str(error))
    return {"CANCELLED"}
