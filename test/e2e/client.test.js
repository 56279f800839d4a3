// The published client of version 0.5, used as its documentation says, against the built server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import kratos from '@oryd/kratos-client'
import { asSession, ids, logIn, noNulls, publicClient, refused, register } from './client.js'
import { breachedPassword, somebody, startServer } from './server.js'

const { Configuration, HealthApi, PublicApi, VersionApi } = kratos

let server, client
before(async () => {
  server = await startServer()
  client = publicClient(server)
})
after(() => server.stop())

const field = (flow, name) => flow.methods.password.config.fields.find((f) => f.name === name)

describe('registration', () => {
  test('makes an account and signs it in', async () => {
    const person = somebody()
    const registered = await register(client, person)
    noNulls(registered)
    assert.equal(registered.identity.traits.email, person.email)
    assert.equal(registered.identity.schema_id, 'default')
    assert.equal(registered.session.active, true)
    assert.equal(registered.session.identity.id, registered.identity.id)
    assert.ok(new Date(registered.session.expires_at) > new Date())
    assert.equal(registered.identity.verifiable_addresses[0].verified, false)

    const { data: session } = await client.whoami(undefined, undefined, asSession(registered.session_token))
    assert.deepEqual(session, registered.session)
  })

  test('takes traits nested as well', async () => {
    const person = somebody()
    const { data: flow } = await client.initializeSelfServiceRegistrationViaAPIFlow()
    const { data } = await client.completeSelfServiceRegistrationFlowWithPasswordMethod(flow.id, {
      traits: { email: person.email, name: { first: 'Ada', last: 'Lovelace' } },
      password: person.password,
    })
    assert.deepEqual(data.identity.traits, { email: person.email, name: { first: 'Ada', last: 'Lovelace' } })
  })

  test('says on the flow what is missing or unfit, and can be corrected', async () => {
    const person = somebody()
    const { data: flow } = await client.initializeSelfServiceRegistrationViaAPIFlow()
    const submit = (payload) => client.completeSelfServiceRegistrationFlowWithPasswordMethod(flow.id, payload)

    const empty = await refused(400, submit({}))
    assert.deepEqual(ids(field(empty, 'password').messages), [4000002])

    const short = await refused(400, submit({ 'traits.email': person.email, password: 'short' }))
    assert.deepEqual(ids(field(short, 'password').messages), [4000005])
    assert.equal(field(short, 'traits.email').value, person.email)
    assert.equal(field(short, 'password').value, undefined)

    const breached = await refused(400, submit({ 'traits.email': person.email, password: breachedPassword }))
    assert.deepEqual(ids(field(breached, 'password').messages), [4000005])

    const unfit = await refused(400, submit({ 'traits.email': 'nowhere', password: person.password }))
    assert.deepEqual(ids(field(unfit, 'traits.email').messages), [4000001])

    const { data: fetched } = await client.getSelfServiceRegistrationFlow(flow.id)
    assert.deepEqual(fetched, unfit)

    const { data: done } = await submit({ 'traits.email': person.email, password: person.password })
    assert.equal(done.identity.traits.email, person.email)
  })

  test('refuses an identifier that is taken, however it is written', async () => {
    const person = somebody()
    await register(client, person)
    const flow = await refused(400, register(client, { ...person, email: person.email.toUpperCase() }))
    assert.deepEqual(ids(flow.methods.password.config.messages), [4000007])
  })

  test('is not for those who are signed in', async () => {
    const { session_token: token } = await register(client, somebody())
    const { error } = await refused(400, client.initializeSelfServiceRegistrationViaAPIFlow(asSession(token)))
    assert.match(error.reason, /valid session was detected/)
  })
})

describe('login', () => {
  test('signs in with the right password only', async () => {
    const person = somebody()
    const registered = await register(client, person)

    const wrong = await refused(400, logIn(client, { ...person, password: 'not the umbrella' }))
    assert.deepEqual(ids(wrong.methods.password.config.messages), [4000006])
    const unknown = await refused(400, logIn(client, somebody()))
    assert.deepEqual(unknown.methods.password.config.messages, wrong.methods.password.config.messages)

    const signedIn = await logIn(client, { ...person, email: ` ${person.email.toUpperCase()} ` })
    noNulls(signedIn)
    assert.equal(signedIn.session.identity.id, registered.identity.id)
    assert.notEqual(signedIn.session_token, registered.session_token)
  })

  test('is used up by success', async () => {
    const person = somebody()
    await register(client, person)
    const { data: flow } = await client.initializeSelfServiceLoginViaAPIFlow()
    const body = { identifier: person.email, password: person.password }
    await client.completeSelfServiceLoginFlowWithPasswordMethod(flow.id, body)
    await refused(410, client.getSelfServiceLoginFlow(flow.id))
  })

  test('can be asked for again by those who are signed in', async () => {
    const person = somebody()
    const { session_token: token } = await register(client, person)
    await refused(400, client.initializeSelfServiceLoginViaAPIFlow(false, asSession(token)))
    const { data: flow } = await client.initializeSelfServiceLoginViaAPIFlow(true, asSession(token))
    assert.equal(flow.forced, true)
    assert.equal(field(flow, 'identifier').value, person.email)
  })

  test('hides nothing but tells nothing of flows that do not exist', async () => {
    const missing = '5f7d9b2c-0d5a-4c5b-9d0e-3a3f6f0e7a11'
    await refused(404, client.getSelfServiceLoginFlow(missing))
    await refused(404, client.completeSelfServiceLoginFlowWithPasswordMethod(missing, { identifier: 'a', password: 'b' }))
  })
})

describe('a session', () => {
  test('is known by its token in either header', async () => {
    const { session_token: token, session } = await register(client, somebody())
    // The client's own way, then the standard one, which its second parameter puts into the query by mistake.
    const own = new PublicApi(new Configuration({ basePath: server.publicURL, apiKey: token }))
    assert.deepEqual((await own.whoami()).data, session)
    const bearer = await client.whoami(undefined, undefined, { headers: { Authorization: `Bearer ${token}` } })
    assert.deepEqual(bearer.data, session)
    assert.equal(bearer.headers['x-kratos-authenticated-identity-id'], session.identity.id)
    await refused(401, client.whoami())
    await refused(401, client.whoami(undefined, undefined, asSession('nonsense')))
  })

  test('ends when it is revoked, and no other with it', async () => {
    const person = somebody()
    const { session_token: first } = await register(client, person)
    const { session_token: second } = await logIn(client, person)
    await client.revokeSession({ session_token: first })
    await refused(401, client.whoami(undefined, undefined, asSession(first)))
    assert.equal((await client.whoami(undefined, undefined, asSession(second))).status, 200)
    assert.ok((await logIn(client, person)).session_token)
  })
})

describe('a flow that has expired', () => {
  let hasty, api
  before(async () => {
    hasty = await startServer({
      SELFSERVICE_FLOWS_LOGIN_LIFESPAN: '1s',
      SELFSERVICE_FLOWS_REGISTRATION_LIFESPAN: '1s',
    })
    api = publicClient(hasty)
  })
  after(() => hasty.stop())

  test('is gone, and submitting it leads to a fresh one that says so', async () => {
    const { data: flow } = await api.initializeSelfServiceLoginViaAPIFlow()
    await sleep(1100)
    const gone = await refused(410, api.getSelfServiceLoginFlow(flow.id))
    assert.equal(gone.error.details.api, `${hasty.publicURL}/self-service/login/api`)

    // The client follows the redirect to the new flow.
    const { data: fresh } = await api.completeSelfServiceLoginFlowWithPasswordMethod(flow.id, {
      identifier: 'nobody@example.org',
      password: 'a lighthouse keeper’s umbrella',
    })
    assert.notEqual(fresh.id, flow.id)
    assert.deepEqual(ids(fresh.messages), [4010001])
  })
})

describe('beside the flows', () => {
  test('the schema is served', async () => {
    const { data: schema } = await client.getSchema('default')
    assert.equal(schema.properties.traits.properties.email.format, 'email')
    await refused(404, client.getSchema('unknown'))
  })

  test('errors are served, and there is one to try', async () => {
    const { data } = await client.getSelfServiceError('stub:500')
    assert.equal(data.errors[0].code, 500)
    await refused(403, client.getSelfServiceError('5f7d9b2c-0d5a-4c5b-9d0e-3a3f6f0e7a11'))
  })

  test('health and version are told on both listeners', async () => {
    for (const basePath of [server.publicURL, server.adminURL]) {
      const configuration = new Configuration({ basePath })
      assert.deepEqual((await new HealthApi(configuration).isInstanceAlive()).data, { status: 'ok' })
      assert.deepEqual((await new HealthApi(configuration).isInstanceReady()).data, { status: 'ok' })
      assert.ok((await new VersionApi(configuration).getVersion()).data.version)
    }
  })
})

// Runs last: by now the log has seen every kind of request above.
describe('the log', () => {
  test('tells of every request, and gives away no secret', async () => {
    const person = somebody()
    const { session_token: token } = await register(client, person)
    await client.whoami(undefined, undefined, asSession(token))
    assert.match(server.log(), /sessions\/whoami/)
    for (const secret of [token, person.email, person.password]) assert.ok(!server.log().includes(secret), secret)
  })
})
