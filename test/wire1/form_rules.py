"""What Symbolon answers otherwise on purpose in forms that are filled in and in what operators send: rules as in rules.py, of whole exchanges.

learn() sees the whole recording first.
"""
import json
import re
import urllib.parse

from code_rules import form, ids, node, sent

TYPED = {}  # flow -> the traits that its last submission sent
NUMBERS = {}  # name and text of a number -> what a form says of it


def traits(exchange):
    """The traits that were submitted, by the names of their inputs."""
    out = {}
    def visit(at, value):
        if isinstance(value, dict):
            for k, v in value.items():
                visit(at + "." + k, v)
        else:
            out[at] = value
    body = sent(exchange)
    visit("traits", body.get("traits", {}) if isinstance(body, dict) else {})
    out.update({k: v for k, v in body.items() if k.startswith("traits.")} if isinstance(body, dict) else {})
    return out


def fields(body):
    """The inputs of traits in a form, by name."""
    return {n["attributes"]["name"]: n for n in body["ui"]["nodes"] if n["attributes"].get("name", "").startswith("traits.")} if form(body) else {}


def learn(exchange):
    """Notes what forms say of numbers that are no text."""
    try:
        body = json.loads(exchange["response"]["body"] or "")
    except ValueError:
        return
    for name, n in fields(body).items():
        a = n["attributes"]
        if isinstance(a.get("value"), int) and not isinstance(a["value"], bool) and n["messages"]:
            NUMBERS.setdefault((name, str(a["value"])), json.dumps(n["messages"]))


def tokens_stay_with_their_host(exchange):
    """The anti-CSRF cookie belongs to the host that set it and to no wider domain: others could set it for their forms."""
    answer = exchange["response"]
    answer["headers"] = [[k, re.sub(r"; Path=[^;]+; Domain=[^;]+", "; Path=/", v) if k.lower() == "set-cookie" and v.startswith("csrf_token_") else v]
                         for k, v in answer["headers"]]
    return True


def preflights_are_refused_aloud(exchange):
    """A preflight that allows nothing is 403, and the headers that it looks at are named one by one."""
    answer = exchange["response"]
    if exchange["request"]["method"] != "OPTIONS" or answer["status"] != 204:
        return True
    allowed = any(k.lower() == "access-control-allow-origin" for k, _ in answer["headers"])
    answer["status"] = 200 if allowed else 403
    named = [["Vary", name] for k, v in answer["headers"] if k.lower() == "vary" for name in v.split(", ")]
    answer["headers"] = [[k, v] for k, v in answer["headers"] if k.lower() != "vary"] + named
    return True


def numbers_may_be_text(_, body):
    """A number may be sent as text in JSON too, as forms send it."""
    for name, n in fields(body).items():
        said = NUMBERS.get((name, str(n["attributes"].get("value"))))
        if said and [m["id"] for m in n["messages"]] == [4000026]:
            n["attributes"]["value"], n["messages"] = int(n["attributes"]["value"]), json.loads(said)


def lengths_come_first(_, body):
    """What is wrong with one value is listed in one order in both dialects: its length before its format."""
    for n in fields(body).values():
        n["messages"] = sorted(n["messages"], key=lambda m: m["id"] != 4000003)
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and isinstance(error.get("reason"), str):
        lines = error["reason"].split("\n")
        error["reason"] = "\n".join(lines[:1] + sorted(lines[1:], key=lambda line: "/minLength]" not in line))


def taken_forms_keep_what_was_typed(exchange, body):
    """A form whose address is taken shows what was typed into it: the person changes one field."""
    at = re.search(r"/self-service/registration(?:/flows\?id|\?flow)=([0-9a-f-]{36})", exchange["request"].get("path") or "")
    if not at:
        return
    if exchange["request"]["method"] == "POST":
        TYPED[at.group(1)] = traits(exchange) or TYPED.get(at.group(1), {})
    if form(body) and 4000007 in ids(body):
        for name, n in fields(body).items():
            if n["attributes"].get("value") is None and n["attributes"].get("type") == "email" and name in TYPED.get(at.group(1), {}):
                n["attributes"]["value"] = TYPED[at.group(1)][name]


def no_credential_is_empty(_, body):
    """A provider that was unlinked leaves no credential without identifiers behind."""
    held = body.get("credentials") if isinstance(body, dict) else None
    if isinstance(held, dict) and isinstance(held.get("oidc"), dict) and held["oidc"].get("identifiers") == []:
        del held["oidc"]


def batches_say_what_is_wrong(exchange, body):
    """An entry of a batch without the identity to create is an error of that entry (6)."""
    if not exchange["request"].get("path", "").startswith("/admin/identities") or exchange["request"]["method"] != "PATCH":
        return
    asked = sent(exchange).get("identities") if isinstance(sent(exchange), dict) else None
    for k, one in enumerate(body.get("identities") or [] if isinstance(body, dict) else []):
        if one is None:
            body["identities"][k] = {"action": "error", "patch_id": asked[k].get("patch_id"), "error": {
                "code": 400, "status": "Bad Request", "message": "The request was malformed or contained invalid parameters",
                "reason": "The entry has no member create. Send the identity to create there."}}


def tokens_are_not_explained(_, body):
    """A page token that is none is refused without the words of a decoder."""
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and str(error.get("message")).startswith("decode token: illegal base64"):
        error["message"] = "decode token: it must be one that this server has made"


def choices_say_nothing_of_addresses(_, body):
    """What stands for an address that may be chosen is random: the hash of a masked telephone number gives the number away."""
    for n in body["ui"]["nodes"] if form(body) else []:
        if n["attributes"].get("name") == "recovery_select_address":
            n["attributes"]["value"] = "5f7d9b2c-0000-4000-8000-000000000000"


def returns_are_whole(_, body):
    """A return is shown as the URL that it leads to: absolute, with its dots resolved (40)."""
    to = body.get("return_to") if isinstance(body, dict) else None
    if isinstance(to, str) and urllib.parse.urlsplit(to).scheme.lower() in ("", "http", "https"):
        to = urllib.parse.urljoin("http://127.0.0.1:18055/", to)
        parts = urllib.parse.urlsplit(to)
        if parts.scheme in ("http", "https"):  # urljoin knows no scheme of an app
            body["return_to"] = urllib.parse.urljoin(to, urllib.parse.urlunsplit(parts._replace(scheme="", netloc="")) or "/")
    error = body.get("error") if isinstance(body, dict) else None
    if isinstance(error, dict) and error.get("reason") == 'Requested return_to URL "http://evil.example/x" is not allowed.':
        error["reason"] = 'Requested return_to URL "//evil.example/x" is not allowed.'


def starts_have_the_public_url(exchange, body):
    """The URL of a start is below serve.public.base_url, never that of the Host header."""
    if exchange["config"] == "prod" and isinstance(body, dict) and "request_url" in body:
        body["request_url"] = body["request_url"].replace("http://127.0.0.1:18033", "https://id.example.org/auth")


RULES = [numbers_may_be_text, lengths_come_first, taken_forms_keep_what_was_typed, no_credential_is_empty, batches_say_what_is_wrong, tokens_are_not_explained, choices_say_nothing_of_addresses, returns_are_whole,
         starts_have_the_public_url]
