"""Fit, distil, judge, compress and export small models. Needs torch: `vigil-video[train]`."""
