"""Carry motion from one face basis to another, so that any model drives any head."""

from elocute.face.transfer.transfer import FitReport, TransferSettings, transfer_clip

__all__ = ["FitReport", "TransferSettings", "transfer_clip"]
