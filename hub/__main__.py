"""`python -m hub` is the command `hub`."""

from hub.app.cli import main

if __name__ == "__main__":
    main()
