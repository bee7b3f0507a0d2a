"""From looks to detections."""
