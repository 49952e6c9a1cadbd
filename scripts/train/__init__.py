"""Trainings and their data, one program each."""
