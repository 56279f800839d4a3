"""What Symbolon answers otherwise on purpose in the exchanges of one-time codes: rules as in rules.py, of whole exchanges.

learn() sees the whole recording first: what a rule puts into an exchange stands in another one of the same flow or server.
"""
import json
import re
import urllib.parse

NAMED = {}  # flow -> the identifier that was sent to it
GIVEN = {}  # flow -> the nodes of the traits that its code was sent for
SENT_TO = {}  # flow of a second factor -> the address that its code was sent to
WAITING = {}  # (variant of a scenario, type of the flow) -> state, messages and nodes of a login that waits for a code


def ids(body):
    """The numbers of the messages of a form."""
    return [m["id"] for m in body["ui"].get("messages") or []]


def form(body):
    """Whether a body is a flow with its form."""
    return isinstance(body, dict) and isinstance(body.get("ui"), dict) and isinstance(body["ui"].get("nodes"), list)


def node(body, name):
    """The first node of a name; None if there is none."""
    return next((n for n in body["ui"]["nodes"] if n["attributes"].get("name") == name), None)


def sent(exchange):
    """What was submitted, by name."""
    text = exchange["request"].get("body") or ""
    if text.startswith("{"):
        try:
            return json.loads(text)
        except ValueError:
            return {}
    return dict(urllib.parse.parse_qsl(text))


def learn(exchange):
    """Notes whom flows are about and what forms look like that wait for a code."""
    at = re.search(r"/self-service/login\?flow=([0-9a-f-]{36})", exchange["request"].get("path") or "")
    if at and sent(exchange).get("identifier"):
        NAMED.setdefault(at.group(1), sent(exchange)["identifier"])
    try:
        body = json.loads(exchange["response"]["body"] or "")
    except ValueError:
        return
    if not form(body) or body.get("state") != "sent_email":
        return
    if body.get("requested_aal") == "aal2" and (node(body, "identifier") or {"attributes": {}})["attributes"].get("value"):
        SENT_TO.setdefault(body["id"], node(body, "identifier")["attributes"]["value"])
    if 1040005 in ids(body):
        GIVEN.setdefault(body["id"], {n["attributes"]["name"]: n for n in body["ui"]["nodes"] if n["attributes"].get("name", "").startswith("traits.")})
    if 1010014 in ids(body) and not body.get("refresh") and body.get("requested_aal") == "aal1" and (node(body, "identifier") or {"meta": None})["meta"]:
        WAITING.setdefault((exchange["config"], body["type"]), json.dumps(body))


def codes_go_to_anyone(exchange, body):
    """A code is said to be sent whether there is an account or not (35)."""
    like = form(body) and 4000035 in ids(body) and WAITING.get((exchange["config"], body["type"]))
    if not like:
        return
    like, who = json.loads(like), node(body, "identifier")["attributes"].get("value")
    token = node(body, "csrf_token")
    body.update(active="code", state="sent_email")
    if exchange["request"]["method"] == "POST":
        body.setdefault("transient_payload", {})
    body["ui"].update(messages=like["ui"]["messages"], nodes=like["ui"]["nodes"])
    node(body, "identifier")["attributes"]["value"] = who
    if token and node(body, "csrf_token"):
        node(body, "csrf_token")["attributes"]["value"] = token["attributes"]["value"]


def who_signs_in_again_is_known(_, body):
    """The form of a person who signs in again names that person: only the code is left to type."""
    who = form(body) and body.get("refresh") and body.get("requested_aal") == "aal1" and node(body, "identifier")
    if not who or not who["attributes"].get("required") or body["id"] not in NAMED:
        return
    who["attributes"].update(type="hidden", value=NAMED[body["id"]])
    del who["attributes"]["required"]
    who["meta"] = {}


def no_form_is_dead(_, body):
    """A registration whose address is taken still waits for what may change it (36)."""
    if form(body) and body.get("state") == "passed_challenge" and 4000007 in ids(body):
        body["state"] = "sent_email"


def codes_keep_their_traits(_, body):
    """A registration by code keeps the traits that the code was sent for, so that it can go on."""
    if form(body) and 4000036 in ids(body):
        for n in body["ui"]["nodes"]:
            before = GIVEN.get(body["id"], {}).get(n["attributes"].get("name"))
            if before and "value" in before["attributes"]:
                n["attributes"]["value"] = before["attributes"]["value"]


def answers_have_a_payload(exchange, body):
    """Every answer to a submission has its transient_payload, that to a step back from a code too."""
    if form(body) and exchange["request"]["method"] == "POST" and sent(exchange).get("screen") == "previous" and exchange["response"]["status"] == 400:
        body.setdefault("transient_payload", {})


def a_code_knows_its_address(_, body):
    """The form that waits for the code of a second factor keeps the address that it was sent to."""
    who = form(body) and body.get("requested_aal") == "aal2" and body.get("state") == "sent_email" and node(body, "identifier")
    if who and who["attributes"].get("value") == "" and body["id"] in SENT_TO:
        who["attributes"]["value"] = SENT_TO[body["id"]]


def factors_are_ones_own(_, body):
    """The form of a second factor offers the person's addresses and no field for another one."""
    if form(body) and body.get("requested_aal") == "aal2" and body.get("state") == "choose_method":
        body["ui"]["nodes"] = [n for n in body["ui"]["nodes"] if n["attributes"].get("name") != "identifier" or n["attributes"]["type"] != "text" or n["messages"]]


def an_expired_code_is_said_to_be(_, body):
    """The code of a second factor that has expired is no good, and no session was in the way (18)."""
    for m in (body["ui"].get("messages") or []) if form(body) and body.get("requested_aal") == "aal2" and body.get("active") == "code" else []:
        if m["text"].startswith("A valid session was detected"):
            m.clear()
            m.update(id=4010008, text="The login code is invalid or has already been used. Please try again.", type="error")


LED = set()  # names of the starts of native clients that were led to a page


def native_starts_have_their_flow(exchange):
    """A native client gets the flow that it starts and no redirect to a page, so it need not fetch it (15)."""
    name = exchange["name"]
    if exchange["response"]["status"] == 303 and re.search(r"/self-service/login/api\?", exchange["request"]["path"] or ""):
        LED.add(name)
    return name not in LED and not (name.endswith(".flow") and name[:-len(".flow")] in LED)


def numbers_are_e164(_, body):
    """The number of an address has one form, that of E.164, however it was typed (21c)."""
    def visit(o):
        if o.get("via") == "sms" and isinstance(o.get("value"), str):
            o["value"] = re.sub(r"[ ()-]", "", o["value"])
        for member in o.values():
            for one in member if isinstance(member, list) else [member]:
                if isinstance(one, dict):
                    visit(one)
    if isinstance(body, dict):
        visit(body)


def sent_texts_are_gone(_, body):
    """What a text message said is deleted once it is sent: it has the code."""
    for m in body if isinstance(body, list) else [body]:
        if isinstance(m, dict) and m.get("type") == "sms" and m.get("status") == "sent" and "template_type" in m:
            m["body"] = ""


RULES = [a_code_knows_its_address, factors_are_ones_own, an_expired_code_is_said_to_be, codes_go_to_anyone, who_signs_in_again_is_known, no_form_is_dead, codes_keep_their_traits, answers_have_a_payload, numbers_are_e164,
         sent_texts_are_gone]
