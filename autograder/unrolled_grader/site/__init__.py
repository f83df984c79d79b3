"""The course as a static site for those who only look: pages from released notebooks and docs/, built by Sphinx."""
