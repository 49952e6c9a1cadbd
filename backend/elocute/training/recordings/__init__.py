"""Recordings with sound, phones, text and motion, for trainings of models that hear these apart."""
