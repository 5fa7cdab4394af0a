"""The protocol with the agent in the container: request, answer, and the files that go there.

docs/probe-protocol.md describes both texts. Nothing else in hwaccess knows their keys.
"""
