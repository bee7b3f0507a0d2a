"""From a camera or file to packets."""
