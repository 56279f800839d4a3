// client/session/session.js by itself, on stand-ins for the clock, the keys and the feed.
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Verifier } from '../../client/session/session.js'

const issuer = 'https://id.example.org/'
const HOUR = 3_600_000
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'k1', alg: 'EdDSA' }

// standIn is a server and a clock; `with` goes into the configuration of the verifier.
function standIn(withConfig = {}) {
  const it = { time: Date.now(), keys: () => Response.json({ keys: [jwk] }), asked: 0, feed: null }
  const fetch = async (url, { signal }) => {
    if (String(url).endsWith('/keys')) {
      it.asked++
      return it.keys()
    }
    const body = new ReadableStream({
      start(controller) {
        it.feed = controller
        signal.addEventListener('abort', () => controller.error(signal.reason))
      },
    })
    return new Response(body)
  }
  it.verifier = new Verifier({ keysURL: issuer + 'keys', issuer, fetch, now: () => it.time, ...withConfig })
  return it
}

// told lets the feed tell what ended, and waits until the verifier has taken it.
async function told(it, ...ends) {
  while (!it.feed) await sleep(1)
  const events = ends.map((one) => `event: ended\ndata: ${JSON.stringify(one)}\n\n`)
  it.time++
  it.feed.enqueue(new TextEncoder().encode(events.join('') + 'id: 0.1\nevent: current\ndata: {}\n\n'))
  while (it.verifier.silence() > 0) await sleep(1)
}

function tokenOf(it, claims = {}, kid = 'k1') {
  const iat = Math.floor(it.time / 1000)
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'EdDSA', kid })}.${part({ iss: issuer, sub: 'i1', sid: 's1', iat, nbf: iat, exp: iat + 24 * 3600, ...claims })}`
  return `${signed}.${sign(null, Buffer.from(signed), privateKey).toString('base64url')}`
}

const refused = (it, token, code) => assert.rejects(it.verifier.verify(token), { code })

test('an end is remembered for as long as a token of the session can be valid', async () => {
  const it = standIn({ feedURL: issuer + 'feed', leeway: 60_000 })
  const following = it.verifier.follow()
  try {
    const ended_at = (ago) => new Date(it.time - ago).toISOString()
    await told(it, { session_id: 's1', identity_id: 'i1', ended_at: ended_at(25 * HOUR) },
      { identity_id: 'i2', all: true, ended_at: ended_at(0) }, { identity_id: 'i2', all: true, ended_at: ended_at(HOUR) })
    const token = tokenOf(it)
    await refused(it, token, 'ended')
    await refused(it, tokenOf(it, { sub: 'i2', sid: 's2', iat: Math.floor(it.time / 1000) - 60 }), 'ended')
    it.time += 24 * HOUR
    await told(it)
    await refused(it, token, 'ended')
    it.time += 2 * HOUR
    await told(it)
    await it.verifier.verify(tokenOf(it))
  } finally {
    it.verifier.close()
    await following
  }
})
