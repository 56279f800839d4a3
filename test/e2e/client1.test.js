// The published clients for v1 (the npm packages @ory/client and @ory/client-fetch), unchanged, with a configuration file of v26.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import axiosClient from '@ory/client'
import fetchClient from '@ory/client-fetch'
import { appCode } from './authenticators.js'
import { startCatcher } from './catcher.js'
import { noNulls } from './client.js'
import { somebody, startServer } from './server.js'

let server, catcher
before(async () => {
  catcher = await startCatcher()
  server = await startServer({ ...catcher.settings, FEATURE_FLAGS_USE_CONTINUE_WITH_TRANSITIONS: 'true' }, 'localhost', undefined, '--dev', '-c', fileURLToPath(new URL('elements/kratos.yml', import.meta.url)))
})
after(async () => {
  await server?.stop()
  await catcher?.stop()
})

// Both packages are made of the same document. They differ in what a call returns and throws.
for (const [name, { FrontendApi, IdentityApi, CourierApi, MetadataApi, Configuration }, unlike] of [
  ['@ory/client', axiosClient, { data: ({ data }) => data, failure: ({ response }) => ({ status: response?.status, data: response?.data }) }],
  ['@ory/client-fetch', fetchClient, { data: (data) => data, failure: async ({ response }) => ({ status: response?.status, data: await response?.json() }) }],
]) {
  const answered = async (call) => unlike.data(await call)
  async function refused(status, call) {
    const failure = await call.then((got) => assert.fail(`was answered ${JSON.stringify(unlike.data(got))}`), (error) => (error.response ? unlike.failure(error) : assert.fail(error)))
    assert.equal(failure.status, status, JSON.stringify(failure.data))
    return failure.data
  }
  const codeFor = async ({ email }, subject) => /\b\d{6}\b/.exec((await catcher.letter(email, subject)).text)[0]
  const ids = ({ ui }) => [...(ui.messages ?? []), ...ui.nodes.flatMap(({ messages }) => messages)].map(({ id }) => id)
  const node = ({ ui }, id) => ui.nodes.find(({ attributes }) => [attributes.name, attributes.id].includes(id))?.attributes

  describe(name, () => {
    let people, operators
    before(() => {
      people = new FrontendApi(new Configuration({ basePath: server.publicURL }))
      operators = new IdentityApi(new Configuration({ basePath: server.adminURL }))
    })

    async function register(person) {
      const { id } = await answered(people.createNativeRegistrationFlow())
      return answered(people.updateRegistrationFlow({ flow: id, updateRegistrationFlowBody: { method: 'password', password: person.password, traits: { email: person.email } } }))
    }
    async function logIn(person) {
      const { id } = await answered(people.createNativeLoginFlow())
      return answered(people.updateLoginFlow({ flow: id, updateLoginFlowBody: { method: 'password', identifier: person.email, password: person.password } }))
    }
    async function change(xSessionToken, updateSettingsFlowBody) {
      const { id } = await answered(people.createNativeSettingsFlow({ xSessionToken }))
      return answered(people.updateSettingsFlow({ flow: id, xSessionToken, updateSettingsFlowBody }))
    }

    test('registers, verifies the address with a code, signs in and out', async () => {
      const person = somebody()
      const registered = await register(person)
      assert.equal(registered.identity.traits.email, person.email)
      const next = registered.continue_with.find(({ action }) => action === 'show_verification_ui')
      assert.equal(next.flow.verifiable_address, person.email)
      const flow = await answered(people.getVerificationFlow({ id: next.flow.id }))
      assert.equal(flow.state, 'sent_email')
      const wrong = await answered(people.updateVerificationFlow({ flow: flow.id, updateVerificationFlowBody: { method: 'code', code: '000000' } }))
      assert.notEqual(wrong.state, 'passed_challenge')
      const passed = await answered(people.updateVerificationFlow({ flow: flow.id, updateVerificationFlowBody: { method: 'code', code: await codeFor(person, /confirm/i) } }))
      assert.equal(passed.state, 'passed_challenge')

      const again = await refused(400, register(person))
      assert.ok(ids(again).includes(4000007), JSON.stringify(again.ui))
      const mistyped = await refused(400, logIn({ ...person, password: 'not the umbrella' }))
      assert.deepEqual(ids(mistyped), [4000006])
      const { session_token, session } = await logIn(person)
      const whoami = await answered(people.toSession({ xSessionToken: session_token }))
      assert.equal(whoami.id, session.id)
      assert.equal(whoami.identity.verifiable_addresses[0].verified, true)
      await answered(people.performNativeLogout({ performNativeLogoutBody: { session_token } }))
      await refused(401, people.toSession({ xSessionToken: session_token }))
    })

    test('lists and ends sessions', async () => {
      const person = somebody()
      const { session_token } = await register(person)
      const { session: second } = await logIn(person)
      await logIn(person)
      const others = await answered(people.listMySessions({ xSessionToken: session_token }))
      assert.equal(others.length, 2)
      await answered(people.disableMySession({ id: second.id, xSessionToken: session_token }))
      assert.equal((await answered(people.listMySessions({ xSessionToken: session_token }))).length, 1)
      assert.ok((await answered(people.disableMyOtherSessions({ xSessionToken: session_token }))).count > 0)
      assert.deepEqual(await answered(people.listMySessions({ xSessionToken: session_token })), [])
    })

    test('changes profile and password', async () => {
      const person = somebody()
      const { session_token } = await register(person)
      const moved = { ...somebody(), password: 'a heron on the lighthouse stairs' }
      const changed = await change(session_token, { method: 'profile', traits: { email: moved.email } })
      assert.equal(changed.state, 'success')
      assert.equal(changed.identity.traits.email, moved.email)
      const weak = await refused(400, change(session_token, { method: 'password', password: 'short' }))
      assert.ok(ids(weak).length > 0)
      assert.equal((await change(session_token, { method: 'password', password: moved.password })).state, 'success')
      await refused(400, logIn(person))
      assert.ok((await logIn(moved)).session_token)
    })

    test('comes back with a code', async () => {
      const person = somebody()
      await register(person)
      const { id } = await answered(people.createNativeRecoveryFlow())
      const sent = await answered(people.updateRecoveryFlow({ flow: id, updateRecoveryFlowBody: { method: 'code', email: person.email } }))
      assert.equal(sent.state, 'sent_email')
      const passed = await answered(people.updateRecoveryFlow({ flow: id, updateRecoveryFlowBody: { method: 'code', code: await codeFor(person, /recover|access/i) } }))
      assert.equal(passed.state, 'passed_challenge')
      const { ory_session_token: xSessionToken } = passed.continue_with.find(({ action }) => action === 'set_ory_session_token')
      const { flow } = passed.continue_with.find(({ action }) => action === 'show_settings_ui')
      const password = 'a heron on the lighthouse stairs'
      const settings = await answered(people.updateSettingsFlow({ flow: flow.id, xSessionToken, updateSettingsFlowBody: { method: 'password', password } }))
      assert.equal(settings.state, 'success')
      assert.ok((await logIn({ ...person, password })).session_token)
    })

    test('enrolls an authenticator app and signs in with it', async () => {
      const person = somebody()
      const { session_token: xSessionToken } = await register(person)
      const flow = await answered(people.createNativeSettingsFlow({ xSessionToken }))
      const secret = node(flow, 'totp_secret_key').text.text
      const enrolled = await answered(people.updateSettingsFlow({ flow: flow.id, xSessionToken, updateSettingsFlowBody: { method: 'totp', totp_code: appCode(secret, -1) } }))
      assert.equal(enrolled.state, 'success')

      const { session_token: half } = await logIn(person)
      const { error } = await refused(403, people.toSession({ xSessionToken: half }))
      assert.equal(error.id, 'session_aal2_required')
      const { id } = await answered(people.createNativeLoginFlow({ aal: 'aal2', xSessionToken: half }))
      const second = (totp_code) => people.updateLoginFlow({ flow: id, xSessionToken: half, updateLoginFlowBody: { method: 'totp', totp_code } })
      assert.ok(ids(await refused(400, second('000000'))).length > 0)
      const { session } = await answered(second(appCode(secret)))
      assert.equal(session.authenticator_assurance_level, 'aal2')
      assert.deepEqual(session.authentication_methods.map(({ method }) => method), ['password', 'totp'])
    })

    test('lets operators make, change, find and remove identities', async () => {
      const person = somebody()
      const body = { schema_id: 'default', traits: { email: person.email }, external_id: `customer-${person.email}`, metadata_public: { plan: 'free' }, credentials: { password: { config: { password: person.password } } } }
      const made = await answered(operators.createIdentity({ createIdentityBody: body }))
      await refused(409, operators.createIdentity({ createIdentityBody: body }))
      assert.ok((await logIn(person)).session_token)
      assert.equal((await answered(operators.getIdentityByExternalID({ externalID: body.external_id }))).id, made.id)
      const patched = await answered(operators.patchIdentity({ id: made.id, jsonPatch: [{ op: 'replace', path: '/metadata_public/plan', value: 'paid' }] }))
      assert.deepEqual(patched.metadata_public, { plan: 'paid' })
      const disabled = await answered(operators.updateIdentity({ id: made.id, updateIdentityBody: { schema_id: 'default', state: 'inactive', traits: made.traits } }))
      assert.equal(disabled.state, 'inactive')
      await refused(401, logIn(person))
      const found = await answered(operators.listIdentities({ credentialsIdentifier: person.email.toUpperCase() }))
      assert.deepEqual(found.map(({ id }) => id), [made.id])
      await answered(operators.deleteIdentity({ id: made.id }))
      await refused(404, operators.getIdentity({ id: made.id }))
    })

    test('lets operators page, end sessions and give a code to come back with', async () => {
      const identities = Array.from({ length: 5 }, () => ({ create: { schema_id: 'default', traits: { email: somebody().email } } }))
      const batch = await answered(operators.batchPatchIdentities({ patchIdentitiesBody: { identities } }))
      assert.deepEqual(batch.identities.map(({ action }) => action), Array(5).fill('create'))
      const seen = new Set()
      for (let pageToken, pages = 0; ; pages++) {
        assert.ok(pages < 100, 'the pages do not end')
        const answer = await (operators.listIdentitiesRaw ?? operators.listIdentities).call(operators, { pageSize: 2, pageToken })
        for (const { id } of answer.data ?? (await answer.value())) {
          assert.ok(!seen.has(id), 'an identity is on two pages')
          seen.add(id)
        }
        const links = answer.headers?.link ?? answer.raw.headers.get('link')
        pageToken = /page_token=([^&>]+)[^>]*>;\s*rel="next"/.exec(links)?.[1]
        if (!pageToken) break
      }
      for (const { identity } of batch.identities) assert.ok(seen.has(identity), 'an identity is on no page')

      const person = somebody()
      const { identity, session, session_token } = await register(person)
      assert.equal((await answered(operators.getSession({ id: session.id, expand: ['identity'] }))).identity.id, identity.id)
      assert.equal((await answered(operators.listIdentitySessions({ id: identity.id }))).length, 1)
      await answered(operators.disableSession({ id: session.id }))
      await refused(401, people.toSession({ xSessionToken: session_token }))
      const way = await answered(operators.createRecoveryCodeForIdentity({ createRecoveryCodeForIdentityBody: { identity_id: identity.id } }))
      assert.match(way.recovery_code, /^\d{6}$/)
      const messages = await answered(new CourierApi(new Configuration({ basePath: server.adminURL })).listCourierMessages({ recipient: person.email }))
      assert.deepEqual(messages.map(({ template_type }) => template_type), ['verification_code_valid'])
      const { version } = await answered(new MetadataApi(new Configuration({ basePath: server.adminURL })).getVersion())
      assert.ok(version)
      const [schema] = await answered(operators.listIdentitySchemas())
      assert.equal(schema.id, 'default')
      noNulls(schema)
    })
  })
}
