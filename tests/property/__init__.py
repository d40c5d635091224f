"""Laws, tried on many made-up inputs."""
