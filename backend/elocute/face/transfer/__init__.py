"""Retarget motion from one face basis to another, so that any model drives any head."""

from elocute.face.transfer.transfer import TransferReport, transfer_clip

__all__ = ["TransferReport", "transfer_clip"]
