"""The faces, HTTP and command line, and their wiring. The only reader of the environment."""
