"""From detections to objects that keep their number."""
