"""Drives one server through the scenarios and records every named exchange.

configure() is called by run.py with the scratch folder and the server's command. Ports are BASE (public), BASE+1 (admin),
BASE+11 (sink for web hooks, messages and key sets)."""
import base64, copy, hashlib, hmac, html, http.client, json, os, re, shlex, socket, struct, subprocess, threading, time, urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = os.path.dirname(os.path.abspath(__file__))
BASE = int(os.environ.get('BASE_PORT', '18200'))
PUBLIC, ADMIN, SINK = BASE, BASE + 1, BASE + 11
UI = 'http://localhost:%d' % (BASE + 20)
SINKURL = 'http://127.0.0.1:%d' % SINK
W = BIN = CWD = OUT = None
EXTRA = []
LABEL = ''
NAMES = set()
RUNNING = None


def configure(work, server, cwd, out, extra):
    global W, BIN, CWD, OUT, EXTRA
    W, BIN, CWD, OUT, EXTRA = work, shlex.split(server), cwd, out, extra


def base_config():
    hooks = [{'hook': 'session'}]
    return {
        'version': 'v26.2.0',
        'dsn': 'sqlite://%s/db.sqlite?_fk=true&mode=rwc' % W,
        'log': {'level': 'warning', 'leak_sensitive_values': True},
        'secrets': {'cookie': ['cookie-secret-0123456789'], 'cipher': ['cipher-secret-0123456789-0123456']},
        'hashers': {'algorithm': 'bcrypt', 'bcrypt': {'cost': 4}},
        'serve': {'public': {'base_url': 'http://127.0.0.1:%d/' % PUBLIC, 'host': '127.0.0.1', 'port': PUBLIC},
                  'admin': {'base_url': 'http://127.0.0.1:%d/' % ADMIN, 'host': '127.0.0.1', 'port': ADMIN}},
        'identity': {'default_schema_id': 'person', 'schemas': [
            {'id': 'person', 'url': 'file://%s/files/person.schema.json' % W},
            {'id': 'plain', 'url': 'file://%s/files/plain.schema.json' % W}]},
        'courier': {'delivery_strategy': 'http', 'worker': {'pull_count': 20, 'pull_wait': '100ms'},
                    'http': {'request_config': {'url': SINKURL + '/mail', 'method': 'POST', 'body': 'file://%s/files/sms.jsonnet' % W}},
                    'channels': [{'id': 'sms', 'type': 'http', 'request_config': {
                        'url': SINKURL + '/sms', 'method': 'POST', 'body': 'file://%s/files/sms.jsonnet' % W}}]},
        'selfservice': {
            'default_browser_return_url': UI + '/',
            'allowed_return_urls': [UI + '/app'],
            'methods': {
                'password': {'enabled': True, 'config': {'haveibeenpwned_enabled': False}},
                'profile': {'enabled': True},
                'link': {'enabled': False},
                'code': {'enabled': True, 'passwordless_enabled': False, 'mfa_enabled': False},
                'totp': {'enabled': True, 'config': {'issuer': 'Spec Issuer'}},
                'lookup_secret': {'enabled': True},
                'webauthn': {'enabled': True, 'config': {'passwordless': False, 'rp': {
                    'id': 'localhost', 'display_name': 'Spec RP', 'origins': [UI]}}},
                'passkey': {'enabled': False, 'config': {'rp': {'id': 'localhost', 'display_name': 'Spec RP', 'origins': [UI]}}}},
            'flows': {
                'login': {'ui_url': UI + '/login', 'lifespan': '1h'},
                'registration': {'ui_url': UI + '/registration', 'enable_legacy_one_step': True,
                                 'after': {m: {'hooks': hooks} for m in ('password', 'code', 'webauthn', 'passkey')}},
                'settings': {'ui_url': UI + '/settings', 'privileged_session_max_age': '15m', 'required_aal': 'highest_available'},
                'recovery': {'enabled': True, 'ui_url': UI + '/recovery', 'use': 'code'},
                'verification': {'enabled': False, 'ui_url': UI + '/verification', 'use': 'code'},
                'error': {'ui_url': UI + '/error'}}},
        'session': {'lifespan': '24h', 'whoami': {'required_aal': 'highest_available'}}}


def merge(a, b):
    for k, v in b.items():
        if v is None:
            a.pop(k, None)
        elif isinstance(v, dict) and isinstance(a.get(k), dict):
            merge(a[k], v)
        else:
            a[k] = v
    return a


class Server:
    migrated = False

    def __init__(self, label, over=None, args=(), env=None):
        self.file = '%s/conf/%s.json' % (W, label)
        with open(self.file, 'w') as f:
            json.dump(merge(base_config(), copy.deepcopy(over or {})), f, indent=1)
        e = {k: v for k, v in os.environ.items() if 'proxy' not in k.lower()}
        e.update(env or {})
        if not Server.migrated:
            r = subprocess.run(BIN + ['migrate', 'sql', '-e', '--yes', '-c', self.file], env=e, capture_output=True, text=True, cwd=CWD)
            if r.returncode:
                raise RuntimeError('migrate failed: ' + r.stdout[-1500:] + r.stderr[-1500:])
            Server.migrated = True
        self.logname = '%s/%s.log' % (W, label)
        self.log = open(self.logname, 'w')
        self.p = subprocess.Popen(BIN + ['serve', '-c', self.file] + EXTRA + list(args), env=e, stdout=self.log, stderr=self.log, cwd=CWD)
        for _ in range(200):
            try:
                ok = True
                for port in (ADMIN, PUBLIC):
                    h = http.client.HTTPConnection('127.0.0.1', port, timeout=2)
                    h.request('GET', '/health/ready')
                    r = h.getresponse()
                    r.read()
                    ok = ok and r.status == 200
                if ok:
                    return
            except OSError:
                pass
            if self.p.poll() is not None:
                raise RuntimeError('died: ' + open(self.logname).read()[-3000:])
            time.sleep(0.1)
        self.stop()
        raise RuntimeError('not ready: ' + open(self.logname).read()[-3000:])

    def stop(self):
        self.p.terminate()
        try:
            self.p.wait(10)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
        self.log.close()


def start(label, over=None, **k):
    """Stops the running server and starts one with the base configuration changed by `over`."""
    global LABEL, RUNNING
    stop()
    LABEL = label
    RUNNING = Server(label, over, **k)
    return RUNNING


def stop():
    global RUNNING
    if RUNNING:
        RUNNING.stop()
        RUNNING = None


def scrub(t):
    """Neutral paths, and the default ports whatever was used."""
    t = t.replace(W, '/srv/spec')
    if BASE != 18200:
        for off in (0, 1, 10, 11, 20):
            t = re.sub(r'((?:127\.0\.0\.1|localhost)(?::|%(?:25)*3A))' + str(BASE + off) + r'\b', lambda m: m[1] + str(18200 + off), t)
    return t


def write(record):
    n, i = record['name'], 2
    while record['name'] in NAMES:
        record['name'] = '%s-%d' % (n, i)
        i += 1
    NAMES.add(record['name'])
    OUT.write(scrub(json.dumps(record, ensure_ascii=False)) + '\n')
    OUT.flush()


class Answer:
    pass


class Client:
    def __init__(self, token=None, agent='spec/1'):
        self.jar, self.token, self.agent = {}, token, agent

    def req(self, name, method, path, js=None, form=None, raw=None, headers=None, admin=False, cookies=True, spa=False, ctype=None):
        if path.startswith('http'):
            u = urllib.parse.urlsplit(path)
            admin, path = u.port == ADMIN, u.path + ('?' + u.query if u.query else '')
        h, body = {'User-Agent': self.agent}, raw
        if js is not None:
            body, h['Content-Type'] = json.dumps(js), 'application/json'
        elif form is not None:
            body, h['Content-Type'] = urllib.parse.urlencode(form, doseq=True), 'application/x-www-form-urlencoded'
        if ctype:
            h['Content-Type'] = ctype
        if spa:
            h['Accept'] = 'application/json'
        if self.token and not admin:
            h['X-Session-Token'] = self.token
        if cookies and self.jar and not admin and not self.token:
            h['Cookie'] = '; '.join('%s=%s' % kv for kv in self.jar.items())
        h.update(headers or {})
        h = {k: v for k, v in h.items() if v is not None}
        c = http.client.HTTPConnection('127.0.0.1', ADMIN if admin else PUBLIC, timeout=60)
        o, t = Answer(), time.time()
        try:
            c.request(method, path, body=body.encode() if body is not None else None, headers=h)
            r = c.getresponse()
            o.body, o.status, o.headers = r.read().decode('utf8', 'replace'), r.status, r.getheaders()
        except http.client.RemoteDisconnected:
            o.body, o.status, o.headers = '(connection closed)', 0, []
        o.took = time.time() - t
        o.loc = next((v for k, v in o.headers if k.lower() == 'location'), None)
        try:
            o.json = json.loads(o.body)
        except ValueError:
            o.json = None
        for k, v in o.headers:
            if k.lower() == 'set-cookie' and not admin:
                n, _, rest = v.partition('=')
                if re.search(r'max-age=0\b|max-age=-', v, re.I):
                    self.jar.pop(n, None)
                else:
                    self.jar[n] = rest.split(';')[0]
        if name:
            write({'name': name, 'config': LABEL, 'request': {'method': method, 'api': 'admin' if admin else 'public', 'path': path, 'headers': h, 'body': body},
                   'response': {'status': o.status, 'headers': o.headers, 'body': o.body}, 'took_ms': int(o.took * 1000)})
        return o

    def get(self, name, path, **k): return self.req(name, 'GET', path, **k)
    def post(self, name, path, **k): return self.req(name, 'POST', path, **k)
    def delete(self, name, path, **k): return self.req(name, 'DELETE', path, **k)
    def patch(self, name, path, **k): return self.req(name, 'PATCH', path, **k)
    def put(self, name, path, **k): return self.req(name, 'PUT', path, **k)

    # flows
    def init(self, kind, name=None, query='', mode='spa'):
        """A new flow: mode spa, api or browser (follows the redirect and fetches the flow)."""
        o = self.get(name, '/self-service/%s/%s%s' % (kind, 'api' if mode == 'api' else 'browser', query), spa=mode == 'spa')
        if mode == 'browser' or o.status == 303:
            fid = flowid(o.loc or '')
            if not fid:
                return o.json or {'loc': o.loc}
            o = self.get(name and name + '.flow', '/self-service/%s/flows?id=%s' % (kind, fid))
        if o.json and 'id' in o.json:
            STARTED[o.json['id']] = time.time()
        return o.json

    def submit(self, name, flow, values, mode='spa', **k):
        """Submits as a form (browser) or JSON (spa, api); the anti-forgery token is added for browsers."""
        kind = flow['ui']['action']
        v = dict(values)
        if 'resend' in v:
            pause(flow['id'])
        if mode != 'api':
            v.setdefault('csrf_token', value(flow, 'csrf_token'))
        if mode == 'browser':
            o = self.post(name, kind, form=flat(v), **k)
        else:
            o = self.post(name, kind, js=v, spa=mode == 'spa', cookies=mode != 'api', **k)
        taken(v, o)
        if o.status in (303, 400) and ('resend' in v or 'address' in v or 'identifier' in v and 'code' not in v):
            SENT[flow['id']] = time.time()
        return o

    def flow(self, kind, fid, name=None):
        return self.get(name, '/self-service/%s/flows?id=%s' % (kind, fid)).json

    def whoami(self, name=None, q='', **k):
        return self.get(name, '/sessions/whoami' + q, **k)


SENT = {}  # flow -> when a code was last sent for it


def pause(flow):
    """Waits until another code may be sent for a flow: a server may send one in 20 seconds only (surprises 17)."""
    time.sleep(max(0, SENT.get(flow, STARTED.get(flow, 0)) + 20.3 - time.time()))


STARTED = {}  # flow -> when it was opened, which may send a code


def flat(v, prefix=''):
    out = {}
    for k, x in v.items():
        if isinstance(x, dict):
            out.update(flat(x, prefix + k + '.'))
        else:
            out[prefix + k] = 'true' if x is True else x
    return out


def flowid(loc): return urllib.parse.parse_qs(urllib.parse.urlsplit(loc).query).get('flow', [None])[0]
def errid(loc): return urllib.parse.parse_qs(urllib.parse.urlsplit(loc).query).get('id', [None])[0]


def node(flow, name, val=None):
    for n in flow['ui']['nodes']:
        a = n['attributes']
        if (a.get('name') or a.get('id')) == name and (val is None or a.get('value') == val):
            return n
    return None


def value(flow, name):
    n = node(flow, name)
    return n and n['attributes'].get('value')


def text(flow, name):
    n = node(flow, name)
    return n and n['attributes']['text']['text']


def brief(flow):
    """One line a node, for reading."""
    out = []
    for n in flow['ui']['nodes']:
        a = n['attributes']
        out.append('%s/%s/%s %s%s %s' % (n['group'], n['type'], a.get('type', ''), a.get('name') or a.get('id'), ' req' if a.get('required') else '',
                                          (n['meta'].get('label') or {}).get('text', '')))
        out += ['    ! %d %s' % (m['id'], m['text']) for m in n.get('messages') or []]
    return [m_text(m) for m in flow['ui'].get('messages') or []] + out


def m_text(m): return '%d %s %s' % (m['id'], m['type'], m['text'])


def admin():
    return Client()


def signup(email, password='brand-new-uncommon-1', phone=None, schema=None, state='active', verified=True):
    """An identity through the admin API; returns it."""
    t = {'email': email}
    if phone:
        t['phone'] = phone
    b = {'schema_id': schema or 'person', 'traits': t, 'state': state}
    if password:
        b['credentials'] = {'password': {'config': {'password': password}}}
    if verified:
        b['verifiable_addresses'] = [{'value': email, 'verified': True, 'via': 'email', 'status': 'completed'}]
        if phone:
            b['verifiable_addresses'].append({'value': phone, 'verified': True, 'via': 'sms', 'status': 'completed'})
    o = Client().post(None, '/admin/identities', js=b, admin=True)
    assert o.status == 201, o.body
    return o.json


def login(email, password='brand-new-uncommon-1', mode='spa', agent='spec/1', name=None):
    """A client with a session of the first factor."""
    c = Client(agent=agent)
    f = c.init('login', mode='api' if mode == 'api' else 'spa')
    o = c.submit(name, f, {'method': 'password', 'identifier': email, 'password': password}, mode='api' if mode == 'api' else 'spa')
    assert o.status in (200, 422), o.body  # 422: the first factor is done, the second is due
    if mode == 'api':
        c.token = o.json['session_token']
    return c


TAKEN = {}  # secret -> the last period whose code was taken


def totp(secret, at=None, step=None):
    """The code of a period. Without a step it is one that was not taken yet: a server may take each code once (surprises 1)."""
    key = base64.b32decode(secret + '=' * (-len(secret) % 8))
    n = int((at or time.time()) // 30) + (step or 0)
    if at is None and step is None:
        n = max(n - 1, TAKEN.get(secret, 0) + 1)
        while int(time.time() // 30) + 1 < n:
            time.sleep(0.3)
    d = hmac.new(key, struct.pack('>Q', n), hashlib.sha1).digest()
    o = d[-1] & 15
    code = '%06d' % ((struct.unpack('>I', d[o:o + 4])[0] & 0x7fffffff) % 1000000)
    CODES[code] = (secret, n)
    return code


CODES = {}  # code -> its secret and period


def taken(values, o):
    """Notes the code of an answer that is no refusal."""
    known = CODES.get(str(values.get('totp_code')).strip())
    if known and (o.status in (200, 422) or o.status == 303 and '/error' not in o.loc and '/login?' not in o.loc):
        TAKEN[known[0]] = max(TAKEN.get(known[0], 0), known[1])


def add_totp(c, mode='spa', name=None):
    """Enrols an authenticator app; returns its secret."""
    f = c.init('settings', mode=mode if mode != 'browser' else 'spa')
    s = text(f, 'totp_secret_key')
    o = c.submit(name, f, {'method': 'totp', 'totp_code': totp(s)}, mode=mode)
    assert o.status in (200, 303), o.body
    return s


def add_lookup(c, mode='spa'):
    f = c.init('settings', mode=mode)
    f = c.submit(None, f, {'method': 'lookup_secret', 'lookup_secret_regenerate': True}, mode=mode).json
    codes = text(f, 'lookup_secret_codes').split(', ')
    o = c.submit(None, f, {'method': 'lookup_secret', 'lookup_secret_confirm': True}, mode=mode)
    assert o.status == 200, o.body
    return codes


def add_key(c, key, kind='webauthn', mode='spa', display='My key'):
    """Enrols the software authenticator as webauthn key or passkey in settings."""
    f = c.init('settings', mode=mode)
    if kind == 'webauthn':
        v = {'method': 'webauthn', 'webauthn_register_displayname': display, 'webauthn_register': key.create(value(f, 'webauthn_register_trigger'))}
    else:
        v = {'method': 'passkey', 'passkey_settings_register': key.create(value(f, 'passkey_create_data'))}
    o = c.submit(None, f, v, mode=mode)
    assert o.status == 200, o.body
    return o


def messages(to):
    """What the courier handed over for one recipient, oldest first."""
    return [m for m in MAILS if m.get('recipient') == to or m.get('to') == to]


def sent_code(to, after=0):
    """The code in the newest message to an address, once more than `after` messages came."""
    for _ in range(200):
        ms = messages(to)
        for m in reversed(ms[after:]):  # a mail about a change may overtake that with the code
            data = m.get('template_data') or {}
            found = [v for k, v in data.items() if k.endswith('_code')] or re.findall(r'(?<!\d)\d{6}(?!\d)', m.get('body') or '')
            if found:
                return found[0]
        time.sleep(0.05)
    raise RuntimeError('no message to ' + to)


# the sink ---------------------------------------------------------------------------------------------------------------
SINK_LOG = []
MAILS = []
SINK_ANSWERS = {}


class SinkHandler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def answer(self):
        n = int(self.headers.get('Content-Length') or 0)
        body = self.rfile.read(n).decode('utf8', 'replace') if n else ''
        if self.headers.get('Transfer-Encoding') == 'chunked':
            parts = []
            while True:
                size = int(self.rfile.readline().strip() or b'0', 16)
                if not size:
                    self.rfile.readline()
                    break
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            body = b''.join(parts).decode('utf8', 'replace')
        path = self.path
        if path in ('/mail', '/sms'):
            MAILS.append(dict(json.loads(body), channel=path[1:]))
        SINK_LOG.append({'at': time.time(), 'method': self.command, 'path': path, 'headers': [list(h) for h in self.headers.items()], 'body': body})
        status, data, ctype, delay = SINK_ANSWERS.get(path.split('?')[0], (200, '{}', 'application/json', 0))
        if delay:
            time.sleep(delay)
        if status == 'close':
            self.connection.close()
            return
        self.send_response(status)
        b = data.encode()
        if status != 204:
            self.send_header('Content-Type', ctype)
        self.send_header('Content-Length', str(len(b)))
        self.end_headers()
        try:
            self.wfile.write(b)
        except OSError:
            pass

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = answer

    def log_message(self, *a): pass


def sink_start():
    s = ThreadingHTTPServer(('127.0.0.1', SINK), SinkHandler)
    s.daemon_threads = True
    s.handle_error = lambda *a: None
    threading.Thread(target=s.serve_forever, daemon=True).start()
    return s


def sink_on(path, status=200, data='{}', ctype='application/json', delay=0):
    SINK_ANSWERS[path] = (status, data if isinstance(data, str) else json.dumps(data), ctype, delay)


def sink_take(name, path, wait=3, none_ok=False):
    """Records (and returns) the first request the sink got at a path since the last take."""
    for _ in range(int(wait * 20)):
        for i, r in enumerate(SINK_LOG):
            if r['path'].split('?')[0] == path:
                del SINK_LOG[i]
                if name:
                    keep = [h for h in r['headers'] if h[0].lower() in ('content-type', 'authorization', 'x-key', 'cookie', 'user-agent', 'x-extra', 'ory-webhook-request-id', 'ory-webhook-trigger-id')]
                    write({'name': name, 'config': LABEL, 'request': {'method': 'SINK', 'api': 'sink', 'path': path, 'headers': {}, 'body': None},
                           'response': {'status': 0, 'headers': sorted(keep), 'body': r['method'] + ' ' + r['path'] + '\n' + r['body']}, 'took_ms': 0})
                return r
        time.sleep(0.05)
    if none_ok:
        if name:
            write({'name': name, 'config': LABEL, 'request': {'method': 'SINK', 'api': 'sink', 'path': path, 'headers': {}, 'body': None},
                   'response': {'status': 0, 'headers': [], 'body': '(no request)'}, 'took_ms': 0})
        return None
    raise RuntimeError('nothing arrived at ' + path)


def sink_clear():
    del SINK_LOG[:]
