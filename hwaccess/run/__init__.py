"""One run: from checks to verdicts and findings."""
