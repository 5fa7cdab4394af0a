"""How a board is built: packages, root image, files, one cold start, a snapshot of its memory."""
