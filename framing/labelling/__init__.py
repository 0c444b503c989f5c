"""Read, check and exchange labelled sentences."""
