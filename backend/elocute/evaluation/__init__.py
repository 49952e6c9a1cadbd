"""Measures of how good a motion is, for clips of any model.

``motion_report.measure_motion`` takes all of them at once.
"""
