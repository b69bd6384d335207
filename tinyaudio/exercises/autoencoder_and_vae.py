"""Chapter 8, "From autoencoder to VAE": the checkers of the chapter."""

from tinyaudio.exercises.evidence_bound import check_loss as check_loss
from tinyaudio.exercises.latent_divergence import check_kl as check_kl
from tinyaudio.exercises.principal_components import check_project as check_project
from tinyaudio.exercises.reparameterization import check_draw as check_draw
