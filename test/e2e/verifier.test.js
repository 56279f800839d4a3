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
  await toldSince(it, undefined, ...ends)
}

async function toldSince(it, since, ...ends) {
  while (!it.feed) await sleep(1)
  const events = ends.map((one) => `event: ended\ndata: ${JSON.stringify(one)}\n\n`)
  it.time++
  it.feed.enqueue(new TextEncoder().encode(events.join('') + 'id: 0.1\nevent: current\ndata: ' + JSON.stringify({ since }) + '\n\n'))
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

test('all sessions of an identity end by its own id, whatever the subject of the tokens is', async () => {
  const it = standIn({ feedURL: issuer + 'feed' })
  const following = it.verifier.follow()
  try {
    await told(it, { identity_id: 'i1', all: true, ended_at: new Date(it.time).toISOString() })
    const iat = Math.floor(it.time / 1000) - 1
    await refused(it, tokenOf(it, { sub: 'customer-7', identity_id: 'i1', iat }), 'ended')
    await refused(it, tokenOf(it, { sub: 'i1', iat }), 'ended')
    await refused(it, tokenOf(it, { sub: 'i1', identity_id: 5, iat }), 'invalid')
    await it.verifier.verify(tokenOf(it, { sub: 'i1', identity_id: 'i2', iat }))
  } finally {
    it.verifier.close()
    await following
  }
})

test('a token from before the history of the feed is refused', async () => {
  const it = standIn({ feedURL: issuer + 'feed' })
  const following = it.verifier.follow()
  try {
    const began = Math.floor(it.time / 1000)
    for (const since of [new Date((began - 3600) * 1000).toISOString(), undefined]) {
      await toldSince(it, since)
      await it.verifier.verify(tokenOf(it, { iat: began - 3600 }))
      await refused(it, tokenOf(it, { iat: began - 3601 }), 'expired')
    }
  } finally {
    it.verifier.close()
    await following
  }
})

test('a token is good for a day at most, and for whom it is meant', async () => {
  const any = standIn()
  const iat = Math.floor(any.time / 1000)
  for (const exp of [iat + 3600, 1e15, 1e300]) await refused(any, tokenOf(any, { iat: iat - 25 * 3600, exp }), 'expired')
  for (const aud of ['shop', ['shop'], [], '', null, 5]) await refused(any, tokenOf(any, { aud }), 'invalid')
  const shop = standIn({ audience: 'shop' })
  for (const aud of ['shop', ['wiki', 'shop']]) await shop.verifier.verify(tokenOf(shop, { aud }))
  for (const aud of ['Shop', ['wiki'], [['shop', 1]], [], {}, null, undefined]) await refused(shop, tokenOf(shop, { aud }), 'invalid')
})

test('a request for keys that fails is not repeated at once', async () => {
  const it = standIn()
  const down = () => Promise.reject(new Error('connection refused'))
  const up = it.keys
  const failed = (token) => assert.rejects(it.verifier.verify(token), /keys cannot be fetched/)
  it.keys = down
  for (let i = 0; i < 5; i++) await failed(tokenOf(it, {}, 'made-up'))
  await failed(tokenOf(it))
  assert.equal(it.asked, 1)
  it.keys = up
  it.time += 10_000
  await Promise.all([it.verifier.verify(tokenOf(it)), refused(it, tokenOf(it, {}, 'made-up'), 'invalid')])
  await refused(it, tokenOf(it, {}, 'made-up'), 'invalid')
  assert.equal(it.asked, 2)
  it.keys = down
  it.time += 5 * 60_000
  await it.verifier.verify(tokenOf(it))
  await it.verifier.verify(tokenOf(it))
  assert.equal(it.asked, 3)
  it.keys = up
  it.time += 10_000
  await it.verifier.verify(tokenOf(it))
  await refused(it, tokenOf(it, {}, 'made-up'), 'invalid')
  assert.equal(it.asked, 4)
})
