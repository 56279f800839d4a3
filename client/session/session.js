// Verifies session tokens of Symbolon offline and follows the feed of ended sessions, as
// the Go package beside it does. An ES module without dependencies, for Node 20 and later,
// Deno, Bun and browsers: it needs fetch and Web Crypto alone. See docs/tokens.md.
//
//   import { Verifier } from "./session.js";
//   const verifier = new Verifier({ keysURL, issuer, feedURL, feedToken });
//   verifier.follow();                        // until verifier.close()
//   const claims = await verifier.verify(token);

/** TokenError says why a token is refused: code is invalid, expired, ended or stale. */
export class TokenError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "TokenError";
    this.code = code;
  }
}

const KEYS_AGE = 5 * 60_000; // milliseconds, as all below
const KEYS_PAUSE = 10_000;
const RETRY_PAUSE = 500;
const SILENCE_LIMIT = 5_000;
const MAX_TTL = 24 * 3_600_000; // no token lives longer
const SWEEP_EVERY = 3_600_000;

// No algorithm with a shared secret: whoever verifies could sign with it too.
const ALGORITHMS = {
  EdDSA: [{ name: "Ed25519" }, { name: "Ed25519" }],
  ES256: [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", hash: "SHA-256" }],
  ES384: [{ name: "ECDSA", namedCurve: "P-384" }, { name: "ECDSA", hash: "SHA-384" }],
  RS256: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }, { name: "RSASSA-PKCS1-v1_5" }],
  RS384: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-384" }, { name: "RSASSA-PKCS1-v1_5" }],
  RS512: [{ name: "RSASSA-PKCS1-v1_5", hash: "SHA-512" }, { name: "RSASSA-PKCS1-v1_5" }],
  PS256: [{ name: "RSA-PSS", hash: "SHA-256" }, { name: "RSA-PSS", saltLength: 32 }],
};

export class Verifier {
  #config;
  #keys = new Map();
  #asked = -Infinity; // when the last request for keys ended
  #failure = null; // of the last request for keys
  #fetching = null;
  #sessions = new Map(); // of {at, told} by id: when it ended, and when the feed told it
  #identities = new Map(); // likewise, of all sessions of an identity
  #heard = 0;
  #since = -Infinity; // how far back the history of the feed reaches
  #swept = 0;
  #closed = new AbortController();

  /**
   * @param {object} config
   * @param {string} config.keysURL /sessions/jwks.json of the public listener
   * @param {string} config.issuer serve.public.base_url of the server
   * @param {string} [config.audience] what the claim aud must name; without it a token with the
   *   claim is refused, as it is meant for others (RFC 7519, 4.1.3)
   * @param {string} [config.feedURL] /admin/sessions/ended of the admin listener; without it
   *   tokens are good until they expire
   * @param {string} [config.feedToken] bearer token of the admin listener
   * @param {number} [config.maxSilence] milliseconds without the feed after which tokens are
   *   refused (3000)
   * @param {number} [config.leeway] milliseconds by which clocks may differ (5000)
   */
  constructor(config) {
    if (!config.keysURL || !config.issuer) throw new TypeError("keysURL and issuer must be set");
    this.#config = { maxSilence: 3_000, leeway: 5_000, now: Date.now, fetch: (...a) => fetch(...a), ...config };
  }

  /** verify returns the claims of a token, or throws a TokenError. */
  async verify(token) {
    const parts = String(token).split(".");
    if (parts.length !== 3) throw new TokenError("invalid", "the token cannot be read");
    const [header, claims] = [parts[0], parts[1]].map(readObject);
    const algorithm = Object.hasOwn(ALGORITHMS, header.alg) && ALGORITHMS[header.alg];
    if (!algorithm || header.crit !== undefined) throw new TokenError("invalid", "the algorithm of the token is not taken");
    const key = await this.#key(header);
    const signed = new TextEncoder().encode(parts[0] + "." + parts[1]);
    if (!(await crypto.subtle.verify(algorithm[1], key, bytes(parts[2]), signed))) {
      throw new TokenError("invalid", "the signature of the token is wrong");
    }
    this.#checkClaims(claims);
    return claims;
  }

  #checkClaims(claims) {
    const { issuer, leeway, now } = this.#config;
    for (const name of ["exp", "iat"]) {
      if (typeof claims[name] !== "number") throw new TokenError("invalid", `the claim ${name} is missing`);
    }
    for (const name of ["sub", "sid"]) {
      if (typeof claims[name] !== "string" || !claims[name]) throw new TokenError("invalid", `the claim ${name} is missing`);
    }
    if (!["string", "undefined"].includes(typeof claims.identity_id)) throw new TokenError("invalid", "the claim identity_id is no text");
    if (claims.iss !== issuer) throw new TokenError("invalid", "the token is of another issuer");
    this.#checkAudience(claims.aud);
    const time = now();
    // The end of a session is forgotten after MAX_TTL.
    if (time > Math.min(claims.exp * 1000, claims.iat * 1000 + MAX_TTL) + leeway) throw new TokenError("expired", "the token has expired");
    if (time < (claims.nbf ?? claims.iat) * 1000 - leeway || time < claims.iat * 1000 - leeway) {
      throw new TokenError("invalid", "the token is not valid yet");
    }
    this.#checkSession(claims);
  }

  #checkAudience(claimed) {
    const { audience } = this.#config;
    if (!audience && claimed === undefined) return;
    if (!audience) throw new TokenError("invalid", "the token is meant for others: it has an audience, and config.audience is not set");
    if (![claimed].flat().includes(audience)) throw new TokenError("invalid", "the token is meant for others");
  }

  // #checkSession refuses a token whose session has ended, or may have.
  #checkSession(claims) {
    const { feedURL, maxSilence } = this.#config;
    if (!feedURL) return;
    const all = this.#identities.get(claims.identity_id || claims.sub); // the feed has ids alone, sub may be an external one
    if (this.#sessions.has(claims.sid) || (all !== undefined && claims.iat * 1000 <= all.at)) {
      throw new TokenError("ended", "the session of the token has ended");
    }
    if (this.silence() > maxSilence) throw new TokenError("stale", "the feed of ended sessions is not heard of");
    if (claims.iat * 1000 < this.#since) throw new TokenError("expired", "the token is older than what the feed told");
  }

  /** silence is how many milliseconds have passed since the last message of the feed. */
  silence() {
    return this.#config.now() - this.#heard;
  }

  /** follow follows the feed until close. It comes back after each interruption. */
  async follow() {
    let position = "";
    while (!this.#closed.signal.aborted) {
      try {
        position = await this.#stream(position);
      } catch (error) {
        if (error?.status === 410 && position) {
          position = ""; // too old: the server tells all that matters once more
          continue;
        }
        if (error?.position !== undefined) position = error.position;
      }
      await new Promise((done) => {
        const timer = setTimeout(done, RETRY_PAUSE);
        this.#closed.signal.addEventListener("abort", () => (clearTimeout(timer), done()), { once: true });
      });
    }
  }

  /** close ends follow. */
  close() {
    this.#closed.abort();
  }

  async #stream(position) {
    const { feedURL, feedToken, fetch } = this.#config;
    const url = new URL(feedURL);
    if (position) url.searchParams.set("after", position);
    const silent = new AbortController();
    let watchdog = setTimeout(() => silent.abort(), SILENCE_LIMIT);
    try {
      const headers = { Accept: "text/event-stream", ...(feedToken && { Authorization: `Bearer ${feedToken}` }) };
      const answer = await fetch(url, { headers, signal: AbortSignal.any([silent.signal, this.#closed.signal]) });
      if (!answer.ok) throw Object.assign(new Error(`the server answered ${answer.status}`), { status: answer.status });
      let rest = "";
      const decoder = new TextDecoder();
      for await (const chunk of read(answer.body)) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => silent.abort(), SILENCE_LIMIT);
        rest += decoder.decode(chunk, { stream: true });
        const events = rest.split("\n\n");
        rest = events.pop();
        for (const event of events) position = this.#take(event) || position;
      }
      return position;
    } catch (error) {
      throw Object.assign(error instanceof Error ? error : new Error(String(error)), { position });
    } finally {
      clearTimeout(watchdog);
    }
  }

  // #take takes one event and returns its id.
  #take(event) {
    const fields = Object.fromEntries(event.split("\n").map((line) => {
      const at = line.indexOf(":");
      return [line.slice(0, at), line.slice(at + 1).replace(/^ /, "")];
    }));
    if (fields.event === "ended") {
      const one = JSON.parse(fields.data);
      const over = { at: timeOf(one.ended_at), told: this.#config.now() };
      if (one.all) {
        // What is told once more may be older than what is known.
        over.at = Math.max(over.at, this.#identities.get(one.identity_id)?.at ?? over.at);
        this.#identities.set(one.identity_id, over);
      } else if (one.session_id) this.#sessions.set(one.session_id, over);
    } else if (fields.event === "current") {
      const { since } = JSON.parse(fields.data);
      if (since) this.#since = timeOf(since);
      this.#heard = this.#config.now();
      this.#sweep();
    }
    return fields.id;
  }

  // #sweep forgets what no token can be of any more: those of a session that ended have
  // expired MAX_TTL and the leeway after the feed told it.
  #sweep() {
    if (this.#heard - this.#swept < SWEEP_EVERY) return;
    this.#swept = this.#heard;
    for (const all of [this.#sessions, this.#identities]) {
      for (const [id, { told }] of all) if (this.#heard - told > MAX_TTL + this.#config.leeway) all.delete(id);
    }
  }

  async #key(header) {
    const name = `${header.kid ?? ""} ${header.alg}`;
    const age = this.#config.now() - this.#asked;
    const before = this.#keys.get(name);
    if (before && !this.#failure && age < KEYS_AGE) return before;
    if (!this.#fetching && (age >= KEYS_PAUSE || age < 0)) {
      this.#fetching = this.#fetchKeys().finally(() => (this.#fetching = null));
    }
    if (before && this.#failure) return before; // the keys from before are good until they are replaced
    await this.#fetching;
    const key = this.#keys.get(name);
    if (key) return key;
    throw this.#failure ?? new TokenError("invalid", "the key of the token is not known");
  }

  // #fetchKeys makes a request for the keys. Callers share it; it notes its failure.
  async #fetchKeys() {
    try {
      this.#keys = await this.#requestKeys();
      this.#failure = null;
    } catch (cause) {
      this.#failure = new Error("the keys cannot be fetched", { cause });
    }
    this.#asked = this.#config.now();
  }

  async #requestKeys() {
    const answer = await this.#config.fetch(this.#config.keysURL, { signal: AbortSignal.timeout(10_000) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const set = await answer.json();
    const keys = new Map();
    for (const jwk of set.keys ?? []) {
      const algorithm = Object.hasOwn(ALGORITHMS, jwk.alg) && ALGORITHMS[jwk.alg];
      if (!algorithm || jwk.d !== undefined) continue;
      const { kty, crv, x, y, n, e } = jwk; // Web Crypto refuses some of the other members
      keys.set(`${jwk.kid ?? ""} ${jwk.alg}`, await crypto.subtle.importKey("jwk", { kty, crv, x, y, n, e }, algorithm[0], false, ["verify"]));
    }
    return keys;
  }
}

function timeOf(text) {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new Error(`the feed sent ${text}, which is no time`);
  return time;
}

function bytes(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) throw new TokenError("invalid", "the token cannot be read");
  const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(plain, (c) => c.charCodeAt(0));
}

function readObject(text) {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes(text)));
    if (value && typeof value === "object" && !Array.isArray(value)) return value;
  } catch {
    // told below
  }
  throw new TokenError("invalid", "the token cannot be read");
}

// read yields the chunks of a body; not all browsers iterate over it themselves.
async function* read(body) {
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.releaseLock();
  }
}
