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
import re
import sys
import urllib.parse

import code_rules
import factor_rules
import form_rules


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
    elif any(m["type"] == "error" for m in body["ui"].get("messages") or []):
        body["state"] = "show_form"


def one_device(body, _):
    """A session has the device that it was made with; a repeated sign-in adds none."""
    def visit(o):
        if isinstance(o.get("devices"), list):
            del o["devices"][1:]
    walk(body, visit)


def tokens_of_providers_are_not_kept(body, _):
    """The tokens of a provider are used once and not stored (39)."""
    def visit(o):
        for name in ("initial_access_token", "initial_id_token", "initial_refresh_token"):
            if name in o:
                o[name] = ""
    walk(body, visit)


def spelling(body, _):
    """occurred."""
    def visit(o):
        if isinstance(o.get("reason"), str):
            o["reason"] = o["reason"].replace("occured", "occurred")
    walk(body, visit)


def flow_of(body, *kinds):
    """The kind of the flow that a body is; None for any other body and for kinds that are not asked for."""
    if not isinstance(body, dict) or not isinstance(body.get("ui"), dict):
        return None
    found = re.search(r"/self-service/(\w+)/", body.get("request_url", "") + "/")
    action = re.search(r"/self-service/(\w+)\?flow=", body["ui"].get("action", ""))
    kind = (action or found) and (action or found).group(1)
    return kind if kind in kinds else None


def proofs_name_their_method(body, _):
    """A recovery or verification that lacked a method still shows the one that sends: such a flow is not dead (17)."""
    if flow_of(body, "recovery", "verification") and body.get("active") == "default":
        groups = {n["group"] for n in body["ui"]["nodes"]} & {"code", "link"}
        body["active"] = groups.pop() if groups else "code"
        if body["state"] == "choose_method" and flow_of(body, "verification"):
            for n in body["ui"]["nodes"]:  # what no method took is not shown again
                if n["attributes"].get("name") == "email" and not n["messages"]:
                    n["attributes"].pop("value", None)


def no_token_is_kept(body, _):
    """A flow does not keep the token of the link that it was opened with in its request_url."""
    def visit(o):
        if isinstance(o.get("request_url"), str):
            o["request_url"] = re.sub(r"[?&](return_to=[^&]*&)?token=[^&]*", "", o["request_url"])
    walk(body, visit)


def restarts_keep_the_start(body, _):
    """A flow that takes the place of another keeps the URL that the first was started with."""
    if flow_of(body, "recovery", "verification") and body["state"] == "choose_method":
        kind = flow_of(body, "recovery", "verification")
        if re.search(kind + r"\?flow=[0-9a-f-]+$", body["request_url"]):
            body["request_url"] = re.sub(kind + r"\?flow=.*", kind + ("/api" if body["type"] == "api" else "/browser"), body["request_url"])


def operators_flows_are_protected(body, _):
    """The form in which the code of an operator is typed has an anti-CSRF token, as every form of browsers (42)."""
    if isinstance(body, dict) and body.get("type") == "browser" and str(body.get("request_url", "")).endswith("/admin/recovery/code"):
        body["ui"]["nodes"].insert(0, {
            "type": "input", "group": "default", "messages": [], "meta": {},
            "attributes": {"name": "csrf_token", "type": "hidden", "value": "A" * 86 + "==", "required": True, "disabled": False, "node_type": "input"}})


def sent(exchange, name):
    """A header of the request; empty if it was not sent."""
    return next((v for k, v in exchange["request"]["headers"].items() if k.lower() == name), "")


def proof(exchange):
    """Whether an exchange is a submission of a recovery or a verification, or the opening of its link."""
    return re.match(r"(http://[^/]+)?/self-service/(recovery|verification)\?", exchange["request"]["path"]) is not None


def mails_are_ours(exchange):
    """The texts of mails and text messages are our own; what they carry is used by the exchanges after them."""
    if exchange["request"]["method"] != "NOTE":
        return True
    try:
        seen = json.loads(exchange["response"]["body"])
    except ValueError:
        return True
    return not (isinstance(seen, dict) and ("plain" in seen or "body" in seen and ("recipient" in seen or "data" in seen) or "template_type" in seen))


def csrf_cookies_stay(exchange):
    """A submission that does not sign in leaves the browser's anti-CSRF cookie as it is: other forms are open. Native clients get none."""
    answer = exchange["response"]
    cookies = [v for k, v in answer["headers"] if k.lower() == "set-cookie"]
    signs_in = any(c.startswith("ory_kratos_session") for c in cookies)
    if proof(exchange) and not signs_in and (exchange["request"]["method"] == "POST" or "csrf_token_" in sent(exchange, "cookie")):
        answer["headers"] = [[k, v] for k, v in answer["headers"] if not (k.lower() == "set-cookie" and v.startswith("csrf_token_"))]
    return True


def restarts_are_gone(exchange):
    """A script or a native client is told which flow takes the place of one that is over, by 410 as in the other kinds (25)."""
    answer = exchange["response"]
    to = next((v for k, v in answer["headers"] if k.lower() == "location"), "")
    is_over = re.search(r"/self-service/(recovery|verification)/flows\?id=", to) or re.search(r"/(recovery|verification)\?flow=", to)
    if exchange["request"]["method"] != "POST" or not proof(exchange) or answer["status"] != 303 or sent(exchange, "accept") != "application/json" or not is_over:
        return True
    late = exchange["config"] == "expiry"
    error = {"code": 410, "status": "Gone", "id": "self_service_flow_replaced", "message": "self-service flow replaced", "reason": "An error occurred, please use the new flow."}
    body = {"error": error, "use_flow_id": re.search("[0-9a-f-]{36}", to).group(0)}
    if late:
        error.update(id="self_service_flow_expired", message="self-service flow expired", reason="The self-service flow expired 0.00 minutes ago, initialize a new one.")
        body.update(expired_at="2026-11-30T01:00:00Z", since=1)
    answer["status"], answer["body"] = 410, json.dumps(body)
    answer["headers"] = [[k, v] for k, v in answer["headers"] if k.lower() not in ("location", "content-type")] + [["Content-Type", "application/json"]]
    return True


def what_waited_is_taken_once(exchange):
    """A submission that waited for a sign-in is taken once, by the browser whose cookie says so; what speaks JSON sends its own again."""
    answer = exchange["response"]
    kept = [h for h in answer["headers"] if h[0].lower() == "set-cookie" and h[1].startswith("ory_kratos_continuity=")]
    native = not sent(exchange, "cookie") and sent(exchange, "x-session-token")
    leaves = "/authorize?" in (answer["body"] or "")  # to a provider, whose answer is bound to the cookie
    if len(kept) == 2 or native and not leaves:
        drop = kept if sent(exchange, "accept") == "application/json" else kept[1:]
        answer["headers"] = [h for h in answer["headers"] if not any(h is d for d in drop)]
    return True


def hooks_fail_upstream(exchange):
    """A web hook that fails is an upstream that failed: 502, with one document, and the person does not learn its URL (2, 3, 41)."""
    answer = exchange["response"]
    try:
        body = json.loads((answer["body"] or "").split("\n{")[0])
    except ValueError:
        return True
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict) or "webhook" not in str(error.get("message")) and "giving up after" not in str(error.get("message")):
        return True
    error.pop("debug", None)
    error.update(code=502, status="Bad Gateway", reason="A third-party upstream service responded improperly. Please try again later.")
    error["message"] = re.sub(r"(\w+) http\S+ giving up", r"\1 giving up", error["message"])
    error["message"] = re.sub(r"(giving up after \d+ attempt\(s\)).*", r"\1", error["message"], flags=re.DOTALL)
    if answer["status"] >= 400:
        answer["status"] = 502
    answer["body"] = json.dumps(body)
    return True


def departure(url):
    """A URL that leads to a provider, with PKCE, a nonce and a state of ours; any other as it is."""
    parts = urllib.parse.urlsplit(url)
    if not parts.path.endswith("/authorize"):
        return url
    query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
    query.setdefault("code_challenge", "c" * 43)
    query.update(code_challenge_method="S256", nonce="n" * 43, state="5f7d9b2c-0000-4000-8000-000000000000")
    return urllib.parse.urlunsplit(parts._replace(query=urllib.parse.urlencode(sorted(query.items()))))


def departures_are_bound(exchange):
    """Every departure to a provider has PKCE and a nonce, so that no stranger's answer can be brought back (RFC 9700, 2.1.1)."""
    answer = exchange["response"]
    if exchange["request"]["method"] == "NOTE" and exchange["name"].endswith(".start.query"):
        body = json.loads(answer["body"])
        if body:
            body.update(code_challenge="(set)", code_challenge_method="(set)", nonce="(set)")
        answer["body"] = json.dumps(body)
        return True
    answer["headers"] = [[k, departure(v) if k.lower() == "location" else v] for k, v in answer["headers"]]
    if '"browser_location_change_required"' in (answer["body"] or "") and "/authorize?" in answer["body"]:
        body = json.loads(answer["body"])
        to = departure(body["redirect_browser_to"])
        body["error"]["reason"] = body["error"]["reason"].replace(body["redirect_browser_to"], to)
        body["redirect_browser_to"] = to
        answer["body"] = json.dumps(body)
    return True


def links_send_no_mail(exchange):
    """Settings that change no address, as a linked account and a new password do, make no mail to one that was there before."""
    if re.match(r"oidc\.settings\.(browser|spa|link)|settings\.api\.submit\.bearer|variant\.return\.spa\.settings", exchange["name"]):
        exchange["response"]["body"] = (exchange["response"]["body"] or "").replace('"status":"sent"', '"status":"pending"')
    return True


def no_page_after_the_last(exchange):
    """An empty list has one page, and links to no other."""
    headers = exchange["response"]["headers"]
    if any(k.lower() == "x-total-count" and v == "0" for k, v in headers):
        for h in headers:
            if h[0].lower() == "link":
                h[1] = h[1].split(",<")[0]
    return True


# These change a whole exchange, before the others; one that answers False leaves it out.
EXCHANGE_RULES = [no_page_after_the_last, code_rules.native_starts_have_their_flow, what_waited_is_taken_once, departures_are_bound, links_send_no_mail, mails_are_ours, restarts_are_gone, csrf_cookies_stay, hooks_fail_upstream,
                  form_rules.tokens_stay_with_their_host, form_rules.preflights_are_refused_aloud]
RULES = [tokens_of_providers_are_not_kept, proofs_name_their_method, no_token_is_kept, restarts_keep_the_start, operators_flows_are_protected, state_changes_are_kept, settings_tell_of_one_submission, one_device, spelling, only_real_credentials, nodes_are_a_list, one_button_back, devices_are_a_list, schema_urls_are_filled, codes_are_the_status, version_is_ours,
         nothing_empty_is_stored, hashes_are_argon2id]


def main():
    counts = collections.Counter()
    opened = gzip.open if sys.argv[1].endswith(".gz") else open
    with opened(sys.argv[1], "rt", encoding="utf-8") as f:
        lines = f.readlines()
        for line in lines:
            factor_rules.learn(json.loads(line))
            code_rules.learn(json.loads(line))
            form_rules.learn(json.loads(line))
        for line in lines:
            exchange = json.loads(line)
            answer = exchange["response"]
            left_out = False
            for rule in EXCHANGE_RULES:
                before = json.dumps(exchange)
                left_out = left_out or not rule(exchange)
                if left_out or json.dumps(exchange) != before:
                    counts[rule.__name__] += 1
                if left_out:
                    break
            if left_out:
                continue
            try:
                body = json.loads(answer["body"] or "")
            except ValueError:
                body = None
            for rule in code_rules.RULES + form_rules.RULES + (factor_rules.RULES if "/" in exchange["name"] else []):
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
