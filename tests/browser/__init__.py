"""Tests in a browser: a package, for which one Chromium is started and ended with its last test.

Playwright keeps a loop of events that runs, so that tests elsewhere could not run their own.
"""
