// Signed tokens of sessions, verified offline by client/session/session.js, and the feed of sessions that have ended.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Verifier } from '../../client/session/session.js'
import { startServer } from './server.js'

let server
before(async () => {
  server = await startServer({
    SESSION_WHOAMI_TOKENIZER_TEMPLATES: JSON.stringify({ api: { ttl: '10m' } }),
  })
})
after(() => server?.stop())

const post = async (url, body) => (await fetch(url, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).json()

async function signUp(email) {
  const flow = await (await fetch(server.publicURL + '/v1/self-service/registration/api')).json()
  return post(flow.ui.action, { method: 'password', password: 'correct-horse-battery-9', traits: { email } })
}

async function tokenOf(sessionToken) {
  const headers = { 'X-Session-Token': sessionToken }
  const answer = await fetch(server.publicURL + '/v1/sessions/whoami?tokenize_as=api', { headers })
  const session = await answer.json()
  assert.equal(answer.status, 200, JSON.stringify(session))
  return session.tokenized
}

test('a token is verified offline until its session ends, and no longer than a second after', async () => {
  const verifier = new Verifier({
    keysURL: server.publicURL + '/v1/sessions/jwks.json',
    issuer: server.publicURL + '/',
    feedURL: server.adminURL + '/admin/sessions/ended',
  })
  const following = verifier.follow()
  try {
    const { session_token, session } = await signUp('token@example.org')
    const token = await tokenOf(session_token)
    while (verifier.silence() > 3000) await sleep(20)
    const claims = await verifier.verify(token)
    assert.equal(claims.sid, session.id)
    assert.equal(claims.sub, session.identity.id)

    const other = await signUp('other@example.org')
    const others = await tokenOf(other.session_token)
    await fetch(server.publicURL + '/v1/self-service/logout/api', {
      method: 'DELETE', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ session_token }),
    })
    await within(1000, () => rejected(verifier, token, 'ended'))
    await verifier.verify(others)
    await fetch(`${server.adminURL}/admin/identities/${other.session.identity.id}`, { method: 'DELETE' })
    await within(1000, () => rejected(verifier, others, 'ended'))

    const forged = token.split('.')
    forged[1] = Buffer.from(JSON.stringify({ ...claims, sid: 'another' })).toString('base64url')
    assert.ok(await rejected(verifier, forged.join('.'), 'invalid'))
  } finally {
    verifier.close()
    await following
  }
})

test('the feed can be asked without a stream, and refuses what it cannot read', async () => {
  const feed = server.adminURL + '/admin/sessions/ended'
  const first = await (await fetch(feed)).json()
  assert.ok(Array.isArray(first.ended) && first.next && first.as_of, JSON.stringify(first))
  const { session_token, session } = await signUp('poll@example.org')
  const waiting = fetch(`${feed}?after=${first.next}&wait=10s`)
  await fetch(server.publicURL + '/v1/self-service/logout/api', {
    method: 'DELETE', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ session_token }),
  })
  const then = await (await waiting).json()
  assert.deepEqual(then.ended.map((one) => one.session_id), [session.id])
  const expected = { '?after=x': 400, '?wait=1h': 400, '?wait=-1s': 400, '?after=0.999999': 410, [`?after=${then.next}`]: 200 }
  for (const [query, status] of Object.entries(expected)) assert.equal((await fetch(feed + query)).status, status, query)
})

async function rejected(verifier, token, code) {
  try {
    await verifier.verify(token)
    return false
  } catch (error) {
    assert.equal(error.code, code, String(error))
    return true
  }
}

// within fails unless what is asked for comes about in time.
async function within(milliseconds, asked) {
  for (const began = Date.now(); Date.now() - began < milliseconds; await sleep(20)) if (await asked()) return
  assert.fail(`not within ${milliseconds} ms`)
}
