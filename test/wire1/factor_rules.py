"""What Symbolon answers otherwise on purpose in the exchanges of factors/: rules as in rules.py, of whole exchanges.

Each rule is a function of an exchange and of its parsed body (None for no JSON) whose first line says what differs and why;
the number in brackets is the entry of the specification's surprises.md about factors. It returns whether it changed anything
but the body.
"""
import base64
import json
import re
import urllib.parse


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


def any_authenticator(_, body):
    """A passkey may live in any authenticator, a telephone or a security key too: no attachment is asked for."""
    def visit(o):
        a = o.get('attributes')
        if isinstance(a, dict) and a.get('name') == 'passkey_create_data':
            a['value'] = a['value'].replace('"authenticatorAttachment":"platform",', '')
    walk(body, visit)


def passkeys_have_names(_, body):
    """A passkey whose maker is unknown is called Passkey."""
    def visit(o):
        a, label = o.get('attributes'), (o.get('meta') or {}).get('label') if isinstance(o.get('meta'), dict) else None
        if isinstance(a, dict) and a.get('name') == 'passkey_remove' and label and label['context']['display_name'] == 'unnamed':
            label['context']['display_name'], label['text'] = 'Passkey', 'Remove passkey "Passkey"'
    walk(body, visit)


def keys_exclude_each_other(_, body):
    """The options for another key exclude those that there are (8)."""
    if not isinstance(body, dict) or '/self-service/settings' not in str((body.get('ui') or {}).get('action')):
        return
    for kind, place in (('webauthn', 'webauthn_register_trigger'), ('passkey', 'passkey_create_data')):
        ids = [n['attributes']['value'] for n in body['ui']['nodes'] or [] if n['attributes'].get('name') == kind + '_remove' and n['attributes'].get('value')]
        listed = ','.join('{"type":"public-key","id":"%s"}' % base64.urlsafe_b64encode(bytes.fromhex(i)).decode().rstrip('=') for i in ids)
        for n in body['ui']['nodes'] or []:
            for at in ('value', 'onclick'):
                if ids and n['attributes'].get('name') == place and at in n['attributes']:
                    n['attributes'][at] = n['attributes'][at].replace(',"authenticatorSelection"', ',"excludeCredentials":[%s],"authenticatorSelection"' % listed)


def one_address_waits(_, body):
    """A form that waits for a code of the second factor names the one address that it was sent to."""
    if not isinstance(body, dict) or body.get('state') != 'sent_email' or body.get('requested_aal') != 'aal2':
        return
    nodes = body['ui']['nodes']
    more = [n for n in nodes if n['group'] == 'code' and n['attributes'].get('name') == 'identifier']
    if not any(n['group'] == 'default' and n['attributes'].get('name') == 'identifier' for n in nodes) and more:
        more[0]['group'], more[0]['meta'] = 'default', {}
        more = more[1:]
    body['ui']['nodes'] = [n for n in nodes if not any(n is m for m in more)]


def failures_take_success_back(_, body):
    """The state of a settings form is that of the last submission alone (18 of the other list)."""
    if isinstance(body, dict) and '/self-service/settings' in str((body.get('ui') or {}).get('action')):
        nodes = [m for n in body['ui']['nodes'] or [] for m in n['messages']]
        if any(m['type'] == 'error' for m in nodes + (body['ui'].get('messages') or [])):
            body['state'] = 'show_form'


def no_message_on_a_missing_node(_, body):
    """The message about the last passkey is one of the form: its node is that of another method (22)."""
    if not isinstance(body, dict) or 'nodes' not in (body.get('ui') or {}):
        return
    for n in list(body['ui']['nodes'] or []):
        if n['attributes'].get('name') == 'webauthn_remove' and n['attributes'].get('type') == 'text':
            body['ui']['nodes'].remove(n)
            if n['messages']:
                body['ui'].setdefault('messages', []).extend(n['messages'])


def registrations_have_no_identifier(_, body):
    """A registration has no field for an identifier beside the traits."""
    if isinstance(body, dict) and '/self-service/registration' in str((body.get('ui') or {}).get('action')):
        body['ui']['nodes'] = [n for n in body['ui']['nodes'] or [] if not (n['group'] == 'default' and n['attributes'].get('name') == 'identifier')]


def one_step_one_message(_, body):
    """A login that asks for a key says nothing of what went wrong before (21)."""
    messages = (body.get('ui') or {}).get('messages') if isinstance(body, dict) else None
    if messages and any(m['id'] == 1010012 for m in messages):
        body['ui']['messages'] = [m for m in messages if m['id'] == 1010012]


def no_keys_are_a_list(_, body):
    """A credential of security keys without any has an empty list of them."""
    def visit(o):
        keys = o.get('webauthn')
        if isinstance(keys, dict) and isinstance(keys.get('config'), dict) and 'user_handle' in keys['config']:
            keys['config'].setdefault('credentials', [])
    walk(body, visit)


KEY_NAMES = {}  # flow -> the name of a key that was typed last


def names_stay(exchange, body):
    """The name that was typed for a key is shown again with what was wrong."""
    sent = exchange['request'].get('body') or ''
    flow = re.search('flow=([0-9a-f-]{36})', exchange['request']['path'])
    if exchange['request']['method'] == 'POST' and flow:
        try:
            fields = json.loads(sent)
        except ValueError:
            fields = dict(urllib.parse.parse_qsl(sent, keep_blank_values=True))
        KEY_NAMES[flow.group(1)] = fields.get('webauthn_register_displayname', '') if isinstance(fields, dict) else ''
    if not isinstance(body, dict) or not KEY_NAMES.get(body.get('id')) or body.get('state') == 'success':
        return
    shown = [m for n in body['ui']['nodes'] or [] for m in n['messages']] + (body['ui'].get('messages') or [])
    for n in body['ui']['nodes'] or []:
        if n['attributes'].get('name') == 'webauthn_register_displayname' and any(m['type'] == 'error' for m in shown):
            n['attributes']['value'] = KEY_NAMES[body['id']]


KEYS = {}  # variant of a scenario -> the nodes of security keys in the settings of its single-page applications


def part(exchange):
    """The variant, in one scenario."""
    return exchange.get('config'), exchange['name'].split('/')[0]


def learn(exchange):
    """Notes the nodes that native clients are to get as others do, and what was typed in logins."""
    if exchange['name'].startswith('hooks/'):
        sent = exchange['request']['body'] or ''
        typed = json.loads(sent).get('identifier') if sent.startswith('{') else urllib.parse.parse_qs(sent).get('identifier', [''])[0]
        if typed:
            TYPED[flow_of(exchange)] = typed
    if part(exchange) in KEYS or 'webauthn_register_trigger' not in (exchange['response']['body'] or ''):
        return
    if not exchange['response']['body'].startswith('{'):
        return
    body = json.loads(exchange['response']['body'])
    if body.get('type') != 'browser' or '/self-service/settings' not in str((body.get('ui') or {}).get('action')):
        return
    found = [n for n in body['ui']['nodes'] if str(n['attributes'].get('name')).startswith('webauthn_register')]
    for n in found:
        n['attributes'].pop('onclick', None)
    KEYS[part(exchange)] = json.dumps(found)


def native_keys(exchange, body):
    """Native clients have the nodes of security keys, so that nobody who has only a key is locked out (14)."""
    if not isinstance(body, dict) or body.get('type') != 'api' or '/self-service/settings' not in str((body.get('ui') or {}).get('action')):
        return
    # The variants of hooks differ in their hooks alone.
    alike = [k for k in KEYS if k == part(exchange) or k[1] == 'hooks' == part(exchange)[1]]
    if not alike:
        return
    nodes = body['ui']['nodes']
    at = next((i for i, n in enumerate(nodes) if n['group'] in ('totp', 'passkey')), len(nodes))
    nodes[at:at] = json.loads(KEYS[part(exchange) if part(exchange) in KEYS else alike[0]])


def tokens_live_a_minute(exchange, body):
    """A template without a ttl makes tokens that live for a minute, as documented (25), and each names its identity."""
    if exchange['name'].startswith('tokens/') and isinstance(body, dict) and isinstance(body.get('claims'), dict):
        claims = body['claims']
        claims['identity_id'] = '11111111-1111-4111-8111-111111111111'
        if claims.get('exp') == 'iat + 0':
            claims['exp'] = 'iat + 60'


OURS = ('ory_kratos_session', 'csrf_token', 'ory_kratos_continuity')


def sent_to_hook(exchange):
    """The request line of a request to a web hook, and the body that hook.jsonnet made of what it is shown; None for others."""
    line, _, text = (exchange['response']['body'] or '').partition('\n')
    try:
        body = json.loads(text)
    except ValueError:
        return line, None
    known = exchange['request']['method'] == 'SINK' and isinstance(body, dict) and 'keys' in body and 'cookies' in body
    return line, body if known else None


def cookies_stay(exchange, _):
    """Programs get no cookie that opens an account here."""
    line, body = sent_to_hook(exchange)
    if body is None:
        return
    body['cookies'] = {k: v for k, v in body['cookies'].items() if not k.startswith(OURS)}
    exchange['response']['body'] = line + '\n' + json.dumps(body)


def settings_carry_for_hooks(exchange, _):
    """Hooks of settings get what the submission carries for hooks, as those of other flows."""
    line, body = sent_to_hook(exchange)
    if body is None or '/settings/' not in line or body['method'] != 'POST' or not exchange['name'].startswith('hooks/sent.settings'):
        return
    body['flow']['payload'] = {'from': 'settings'} if 'settings.profile' in exchange['name'] else {}
    exchange['response']['body'] = line + '\n' + json.dumps(body)


def hooks_see_what_is_stored(exchange, _):
    """A session that is not stored yet has no id and no device, and the state of an identity has its time."""
    line, _, text = (exchange['response']['body'] or '').partition('\n')
    if exchange['name'] != 'hooks/transport.full':
        return
    body = json.loads(text)
    del body['session']['id']
    body['session']['devices'] = []
    for identity in (body['identity'], body['session']['identity']):
        identity['state_changed_at'] = identity['created_at']
    exchange['response']['body'] = line + '\n' + json.dumps(body)


TYPED = {}  # flow -> the identifier that its last login was sent with


def flow_of(exchange):
    """The id of the flow that a request names."""
    return str(exchange['request']['path']).rpartition('=')[2]


def hooks_let_typed_stay(exchange, body):
    """A login form that a hook refuses keeps the identifier that was typed, as others do."""
    if not exchange['name'].startswith('hooks/') or not isinstance(body, dict) or '/self-service/login' not in str(exchange['request']['path']):
        return
    said = json.dumps(body.get('ui'))
    if '"id": 123' not in said and '"id": 4000010' not in said:
        return
    for n in body['ui']['nodes']:
        if n['attributes'].get('name') == 'identifier':
            n['attributes']['value'] = TYPED[flow_of(exchange)]


def keys_stand_together(_, body):
    """The button of a key stands in the group of its method, before the fields of a passkey: clients pick nodes by name."""
    if not isinstance(body, dict) or not isinstance((body.get('ui') or {}).get('nodes'), list):
        return
    nodes = body['ui']['nodes']
    passkey = [n for n in nodes if n['group'] == 'passkey' and not str(n['attributes'].get('name')).endswith('_remove')]
    buttons = [n for n in nodes if n['group'] == 'webauthn' and n['attributes'].get('value') == 'webauthn' and passkey]
    buttons += [n for n in passkey if n['attributes']['name'] in ('passkey_login_trigger', 'passkey_register_trigger')]
    if not buttons or buttons == passkey:
        return
    first = next(n for n in passkey if n not in buttons)
    for button in buttons:
        at, to = nodes.index(button), nodes.index(first)
        if at > to:
            nodes.insert(to, nodes.pop(at))


def one_handle_a_person(_, body):
    """A person keeps the user handle of the first passkey (9)."""
    def visit(o):
        keys = o.get('passkey')
        if isinstance(keys, dict) and len(keys.get('identifiers') or []) > 1:
            del keys['identifiers'][1:]
    walk(body, visit)


RULES = [keys_stand_together, one_handle_a_person, tokens_live_a_minute, secure_where_kept, schema_urls_are_filled, any_authenticator, passkeys_have_names, keys_exclude_each_other, one_address_waits, failures_take_success_back,
         no_message_on_a_missing_node, native_keys, cookies_stay, settings_carry_for_hooks, hooks_let_typed_stay, hooks_see_what_is_stored,
         registrations_have_no_identifier, one_step_one_message, no_keys_are_a_list, names_stay]
