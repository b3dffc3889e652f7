"""Live: what happens, told to those who may know as it happens (SSE)."""
