"""The parts of i_attacks that take seconds: neither the codes of apps, which wait for their periods, nor mail after mail."""
from scenarios import i_attacks

PARTS = [part for part in i_attacks.PARTS if part not in (i_attacks.codes, i_attacks.flood)]
