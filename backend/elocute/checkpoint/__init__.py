"""Checkpoint files: opened without executing them, checked weight by weight, written atomically."""
