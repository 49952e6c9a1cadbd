"""What is done to the motion of any family after it was generated, chosen by the clip's basis."""
