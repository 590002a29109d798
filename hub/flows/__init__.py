"""The flows: what happens, one after the other. A flow never calls another: it leaves a row and rings."""
