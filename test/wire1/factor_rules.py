"""What Symbolon answers otherwise on purpose in the exchanges of factors/: rules as in rules.py, of whole exchanges.

Each rule is a function of an exchange and of its parsed body (None for no JSON) whose first line says what differs and why;
the number in brackets is the entry of the specification's surprises.md about factors. It returns whether it changed anything
but the body.
"""
import base64
import re


def walk(value, visit):
    """Calls visit on every object in a JSON value, the outermost first."""
    if isinstance(value, dict):
        visit(value)
        for member in list(value.values()):
            walk(member, visit)
    elif isinstance(value, list):
        for member in value:
            walk(member, visit)


def secure_where_kept(exchange, _):
    """Cookies are Secure except on http of this machine, where not every browser keeps a Secure cookie."""
    for h in exchange['response']['headers']:
        if h[0].lower() == 'set-cookie':
            h[1] = h[1].replace('; Secure', '')


def schema_urls_are_filled(_, body):
    """The schema of an identity has its URL in lists too (7 of the other list)."""
    def visit(o):
        if o.get('schema_url') == '' and 'schema_id' in o:
            o['schema_url'] = 'http://127.0.0.1:18200/schemas/' + base64.urlsafe_b64encode(o['schema_id'].encode()).decode().rstrip('=')
    walk(body, visit)


RULES = [secure_where_kept, schema_urls_are_filled]
