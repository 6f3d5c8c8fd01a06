"""Parsers and printers: bytes in, values out."""
