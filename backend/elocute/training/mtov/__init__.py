"""Training of MToV: the autoencoder of films, that of drawn landmarks, the denoising network."""
