"""Whoever proposes labels: detectors, heads, large models, open words, and several of them."""
