"""The parts of g_hooks that wait for no repeated call: what hooks are sent, in which order, and what sessions and passwords they touch."""
from scenarios import g_hooks

PARTS = [part for part in g_hooks.PARTS if part not in (g_hooks.interrupting, g_hooks.failing)]
