"""What is known of footage: labels, and later data sets made of them."""

from vigil.data.happened import Happened, happening_of, read_happened

__all__ = ["Happened", "happening_of", "read_happened"]
