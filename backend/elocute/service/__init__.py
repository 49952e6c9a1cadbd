"""The local HTTP service in front of the generators."""
