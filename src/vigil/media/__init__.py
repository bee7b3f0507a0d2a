"""Packets, rings, decoding, and clips in and out. The only home of PyAV."""
