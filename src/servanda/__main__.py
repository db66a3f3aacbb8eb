"""Run the command line as ``python -m servanda``, where no script is on the path."""

from servanda.cli import main

if __name__ == "__main__":
    main()
