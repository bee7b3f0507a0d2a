"""Pictures made easier to detect in: for the detector alone, after the gate has asked."""
