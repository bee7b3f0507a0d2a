"""Inference sessions, model cards and the model registry."""
