"""Whether personalizing helps."""
