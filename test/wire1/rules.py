#!/usr/bin/env python3
"""Rewrites the recorded exchanges of v1 by the rules: what Symbolon answers otherwise on purpose.

    rules.py CAPTURES >REWRITTEN    (a name that ends in .gz is unpacked)

Each rule is a function whose first line says what differs and why; the number in brackets is the entry of surprises.md of the
specification. A rule changes the recording to what is to be answered, so that everything else in the exchange is still compared.
Their counts go to the standard error.
"""
import collections
import gzip
import json
import sys

import factor_rules


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


def state_changes_are_kept(body, _):
    """When the state of an identity changed is not forgotten by other changes (9)."""
    def visit(o):
        if "schema_id" in o and "traits" in o and "state" in o:
            o.setdefault("state_changed_at", "2026-11-30T01:00:00Z")
    walk(body, visit)


def settings_tell_of_one_submission(body, _):
    """The messages and the state of a settings form are those of the last submission alone (18, decision 2)."""
    if not isinstance(body, dict) or "/self-service/settings" not in (body.get("ui") or {}).get("action", ""):
        return
    wrong = [m for n in body["ui"]["nodes"] for m in n["messages"] if m["type"] == "error"]
    if wrong:
        body["ui"].pop("messages", None)
        body["state"] = "show_form"


def one_device(body, _):
    """A session has the device that it was made with; a repeated sign-in adds none."""
    def visit(o):
        if isinstance(o.get("devices"), list):
            del o["devices"][1:]
    walk(body, visit)


def spelling(body, _):
    """occurred."""
    def visit(o):
        if isinstance(o.get("reason"), str):
            o["reason"] = o["reason"].replace("occured", "occurred")
    walk(body, visit)


RULES = [state_changes_are_kept, settings_tell_of_one_submission, one_device, spelling, only_real_credentials, nodes_are_a_list, one_button_back, devices_are_a_list, schema_urls_are_filled, codes_are_the_status, version_is_ours,
         nothing_empty_is_stored, hashes_are_argon2id]


def main():
    counts = collections.Counter()
    opened = gzip.open if sys.argv[1].endswith(".gz") else open
    with opened(sys.argv[1], "rt", encoding="utf-8") as f:
        for line in f:
            exchange = json.loads(line)
            answer = exchange["response"]
            try:
                body = json.loads(answer["body"] or "")
            except ValueError:
                body = None
            for rule in factor_rules.RULES if "/" in exchange["name"] else []:
                before = json.dumps([exchange, body])
                rule(exchange, body)
                counts[rule.__name__] += json.dumps([exchange, body]) != before
            if body is None:
                print(json.dumps(exchange, ensure_ascii=False))
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
