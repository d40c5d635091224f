"""The web application, asked as a client asks."""
