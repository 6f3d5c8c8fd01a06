"""The web listener: dialogues without sockets where logic is pure, real sockets where flow matters."""
