"""Makes what students get from a lesson's source, and checks that no answer is in it."""
