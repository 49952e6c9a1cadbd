"""Measures of how good a motion is, for clips of any model.

- :mod:`~elocute.evaluation.against_truth`: against recorded motion (``comparison.compare`` takes all at once)
- :mod:`~elocute.evaluation.against_phones`: against what is said (``motion_report.measure_motion`` takes all)
- :mod:`~elocute.evaluation.of_motion`: motion by itself, in takes and in styles
- :mod:`~elocute.evaluation.mouth_signals`: what the mouth does in each frame, which the others measure
"""
