"""Reports: one module per format, all from one result model."""
