"""From a lesson's source to what students get, without an answer in it."""
