"""Fit expressions and jaw of a head so that its points move as wanted."""
