"""Dialogues without sockets."""
