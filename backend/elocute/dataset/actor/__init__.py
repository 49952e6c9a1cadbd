"""Recordings of one actor with motion, checked and made ready for fine-tuning a model on them."""
