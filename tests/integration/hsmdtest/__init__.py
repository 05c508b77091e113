"""Helpers of the integration tests: waiting, processes, a running demo."""
