"""Large multimodal models behind one protocol."""
