"""From a lesson's source to what students get: build, adopt, release, scan for leaks, bundle."""
