"""The protocol with the agent in the container: request, answer, and the files that go there."""
