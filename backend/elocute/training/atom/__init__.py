"""Training of AToM, landmarks from speech."""
