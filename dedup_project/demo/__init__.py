"""The bundled corpus, and the scripted reviewer that drives the whole loop over it."""
