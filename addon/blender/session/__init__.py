"""The running work and the service process."""
