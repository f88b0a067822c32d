"""`make bench BENCH=tokens`: what tokens cost beside bare Flask: issuing, introspection, a door."""

from .__main__ import main

if __name__ == "__main__":
    main(only_tokens=True)
