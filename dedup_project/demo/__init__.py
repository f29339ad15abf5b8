"""The bundled corpus, and the scripted reviewer that runs the whole loop over it."""
