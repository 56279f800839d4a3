#!/usr/bin/env python3
"""Rewrites the recorded exchanges of v1 by the rules: what Symbolon answers otherwise on purpose.

    rules.py CAPTURES >REWRITTEN

Each rule is a function whose first line says what differs and why; the number in brackets is the entry of surprises.md of the
specification. A rule changes the recording to what is to be answered, so that everything else in the exchange is still compared.
Their counts go to the standard error.
"""
import collections
import json
import sys


def walk(value, visit):
    """Calls visit on every object in a JSON value, the outermost first."""
    if isinstance(value, dict):
        visit(value)
        for member in list(value.values()):
            walk(member, visit)
    elif isinstance(value, list):
        for member in value:
            walk(member, visit)


def nodes_are_a_list(body, _):
    """A form without inputs has an empty list: clients loop over nodes (1)."""
    def visit(o):
        if "nodes" in o and o["nodes"] is None:
            o["nodes"] = []
    walk(body, visit)


def one_button_back(body, _):
    """A registration has one button back however often a step was repeated (20)."""
    def visit(o):
        if not isinstance(o.get("nodes"), list):
            return
        seen, kept = set(), []
        for n in o["nodes"]:
            key = (n["attributes"].get("name"), n["attributes"].get("value"))
            if key[0] == "screen" and key in seen:
                continue
            seen.add(key)
            kept.append(n)
        o["nodes"] = kept
    walk(body, visit)


def devices_are_a_list(body, _):
    """Devices that were not asked for are an empty list, as in the answer for one session (7)."""
    def visit(o):
        if "devices" in o and o["devices"] is None:
            o["devices"] = []
    walk(body, visit)


def schema_urls_are_filled(body, _):
    """The schema of an identity has its URL in lists too (7)."""
    def visit(o):
        if o.get("schema_url") == "" and "schema_id" in o:
            o["schema_url"] = "http://127.0.0.1:18033/schemas/ZGVmYXVsdA"
    walk(body, visit)


def codes_are_the_status(body, status):
    """The code in an error is the status of the answer: 400 for bad input (3)."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and status >= 400 and isinstance(error.get("code"), int) and error["code"] != status:
        error["code"] = status
        error["status"] = {400: "Bad Request", 403: "Forbidden", 502: "Bad Gateway"}.get(status, error["status"])


def version_is_ours(body, _):
    """The version is that of this release."""
    if isinstance(body, dict) and set(body) == {"version"}:
        body["version"] = "dev"


def nothing_empty_is_stored(body, _):
    """A trait object of which nothing was sent is left out: it could break its own schema (22)."""
    def visit(o):
        if isinstance(o.get("traits"), dict) and o["traits"].get("name") == {}:
            del o["traits"]["name"]
    walk(body, visit)


def hashes_are_argon2id(body, _):
    """Plain passwords are hashed with Argon2id, whatever hashers.algorithm says (OWASP)."""
    def visit(o):
        if str(o.get("hashed_password", "")).startswith("$2a$04$"):
            o["hashed_password"] = "$argon2id$"
    walk(body, visit)


def only_real_credentials(body, _):
    """Operators see the credentials that there are; an identifier for a security key that nobody has is none."""
    def visit(o):
        held = o.get("credentials")
        if isinstance(held, dict) and isinstance(held.get("webauthn"), dict) and not held["webauthn"].get("config"):
            del held["webauthn"]
        if isinstance(held, dict):
            for one in held.values():
                if isinstance(one, dict) and "version" in one:
                    one["version"] = 0
    walk(body, visit)


RULES = [only_real_credentials, nodes_are_a_list, one_button_back, devices_are_a_list, schema_urls_are_filled, codes_are_the_status, version_is_ours,
         nothing_empty_is_stored, hashes_are_argon2id]


def main():
    counts = collections.Counter()
    with open(sys.argv[1], encoding="utf-8") as f:
        for line in f:
            exchange = json.loads(line)
            answer = exchange["response"]
            try:
                body = json.loads(answer["body"] or "")
            except ValueError:
                print(line, end="")
                continue
            for rule in RULES:
                before = json.dumps(body)
                rule(body, answer["status"])
                if json.dumps(body) != before:
                    counts[rule.__name__] += 1
            answer["body"] = json.dumps(body, ensure_ascii=False)
            print(json.dumps(exchange, ensure_ascii=False))
    for name, n in sorted(counts.items()):
        print(f"{n:5} {name}", file=sys.stderr)


main()
