"""ONNX Runtime, told to keep what it runs to itself.

Its official builds send events to their maker unless that is refused before they are loaded ("Disabling Telemetry" in
the package's Privacy.md), and a private tool has nobody to tell. Where somebody else has loaded it before us, what
comes after is refused.
"""

from __future__ import annotations

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # also for the processes that this one starts

import onnxruntime  # noqa: TID251

onnxruntime.disable_telemetry_events()

__all__ = ["onnxruntime"]
