"""Post-processing of generated motion, for any model family, chosen by the clip's basis."""
