"""Second looks at what a track's box shows. Each reader finds out one sort of thing."""
