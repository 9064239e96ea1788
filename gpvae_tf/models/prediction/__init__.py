"""What a latent-GP model that was given data says: latents and data at new inputs, and what fills its gaps."""
