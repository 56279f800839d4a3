// Settings, recovery and verification with the published client and in a browser, with mail that goes through a real SMTP server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Visitor, launch } from './browser.js'
import { linkIn, startCatcher } from './catcher.js'
import { asSession, ids, logIn, noNulls, publicClient, refused, register } from './client.js'
import { somebody, startServer } from './server.js'
import { visiting } from './visit.js'

const proof = /verify/i
const wayBack = /recover/i
const newPassword = 'a heron on the lighthouse stairs'

let catcher, server, hasty, browser, client
before(async () => {
  catcher = await startCatcher()
  // The page that links lead to by default is walked past in tour.js; these links act at once.
  server = await startServer({ ...catcher.settings, LINK_CONFIRM: 'false', SELFSERVICE_FLOWS_SETTINGS_AFTER_PROFILE_HOOKS: '[{"hook":"verify"}]' })
  hasty = await startServer({
    ...catcher.settings,
    LINK_CONFIRM: 'false',
    SELFSERVICE_FLOWS_RECOVERY_LIFESPAN: '1s',
    SELFSERVICE_FLOWS_VERIFICATION_LIFESPAN: '1s',
    SELFSERVICE_FLOWS_SETTINGS_PRIVILEGED_SESSION_MAX_AGE: '1s',
  })
  browser = await launch()
  client = publicClient(server)
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await hasty?.stop()
  await catcher?.stop()
})

// follow opens a link as a mail program does: in no browser that the server knows.
const follow = (link) => fetch(link, { redirect: 'manual' })

async function settingsFlow(token, api = client) {
  const { data: flow } = await api.initializeSelfServiceSettingsViaAPIFlow(asSession(token))
  noNulls(flow)
  return flow
}

describe('an app', () => {
  test('changes a password, which its owner is told of', async () => {
    const person = somebody()
    const { session_token: token } = await register(client, person)
    const flow = await settingsFlow(token)
    assert.equal(flow.state, 'show_form')
    const { data } = await client.completeSelfServiceSettingsFlowWithPasswordMethod(flow.id, { password: newPassword }, asSession(token))
    noNulls(data)
    assert.equal(data.flow.state, 'success')
    assert.equal(data.identity.traits.email, person.email)
    await catcher.letter(person.email, /password|signing in|sign-in/i)
    await refused(400, logIn(client, person))
    assert.ok((await logIn(client, { ...person, password: newPassword })).session_token)
  })

  test('changes a profile, and what is unfit stays out', async () => {
    const person = somebody()
    const { session_token: token } = await register(client, person)
    const flow = await settingsFlow(token)
    const unfit = await refused(400, client.completeSelfServiceSettingsFlowWithProfileMethod(flow.id, { 'traits.email': 'no address' }, asSession(token)))
    assert.ok(unfit.methods.profile.config.fields.find((field) => field.name === 'traits.email').messages.length)
    const { data } = await client.completeSelfServiceSettingsFlowWithProfileMethod(
      flow.id,
      { 'traits.email': person.email, 'traits.name.first': 'Ada', 'traits.name.last': 'Lovelace' },
      asSession(token),
    )
    assert.equal(data.flow.state, 'success')
    const { data: session } = await client.whoami(undefined, undefined, asSession(token))
    assert.deepEqual(session.identity.traits.name, { first: 'Ada', last: 'Lovelace' })
  })

  test('needs a fresh session for a new password, and no session is not enough', async () => {
    const api = publicClient(hasty)
    const { session_token: token } = await register(api, somebody())
    const flow = await settingsFlow(token, api)
    await refused(401, api.completeSelfServiceSettingsFlowWithPasswordMethod(flow.id, { password: newPassword }))
    await sleep(1100)
    await refused(403, api.completeSelfServiceSettingsFlowWithPasswordMethod(flow.id, { password: newPassword }, asSession(token)))
  })

  test('proves the address of a newcomer by the link that was mailed, once', async () => {
    const person = somebody()
    const { session_token: token } = await register(client, person)
    const letter = await catcher.letter(person.email, proof)
    assert.equal(letter.encrypted, true)
    const link = linkIn(letter)
    const first = await follow(link)
    assert.equal(first.status, 302)
    const { data: session } = await client.whoami(undefined, undefined, asSession(token))
    assert.equal(session.identity.verifiable_addresses[0].verified, true)
    const again = await follow(link)
    assert.match(again.headers.get('location'), /\/verification\?flow=/)
    assert.notEqual(again.headers.get('location'), first.headers.get('location'))
  })

  test('asks for another proof of an address', async () => {
    const person = somebody()
    await register(client, person)
    await catcher.letter(person.email, proof)
    const { data: flow } = await client.initializeSelfServiceVerificationViaAPIFlow()
    assert.equal(flow.state, 'choose_method')
    const { data: sent } = await client.completeSelfServiceVerificationFlowWithLinkMethod(undefined, flow.id, { email: person.email })
    assert.equal(sent.state, 'sent_email')
    await follow(linkIn(await catcher.letter(person.email, proof)))
    const { data: passed } = await client.getSelfServiceVerificationFlow(flow.id)
    assert.equal(passed.state, 'passed_challenge')
  })

  test('lets somebody back in who forgot the password, and answers strangers alike', async () => {
    const person = somebody()
    const { session_token: before } = await register(client, person)
    const answers = []
    for (const email of [person.email, somebody().email]) {
      const { data: flow } = await client.initializeSelfServiceRecoveryViaAPIFlow()
      const { data } = await client.completeSelfServiceRecoveryFlowWithLinkMethod(undefined, flow.id, { email })
      noNulls(data)
      answers.push([data.state, ids(data.messages)])
    }
    assert.deepEqual(answers[0], answers[1])
    assert.equal(answers[0][0], 'sent_email')

    const landed = await follow(linkIn(await catcher.letter(person.email, wayBack)))
    assert.match(landed.headers.get('location'), /\/settings\?flow=/)
    assert.match(landed.headers.get('set-cookie'), /ory_kratos_session=/)
    await refused(401, client.whoami(undefined, undefined, asSession(before)))
  })
})

// visit runs a test as a visitor who arrives without any cookie.
const visit = (name, options, steps) => visiting(name, () => Visitor.arrive(browser, options.server?.() ?? server, options), steps)

async function signUp(visitor, person) {
  await visitor.go('/self-service/registration/browser')
  await visitor.submit({ 'traits.email': person.email, password: person.password })
}

async function signIn(visitor, { email, password }) {
  await visitor.go('/self-service/login/browser')
  await visitor.submit({ identifier: email, password })
}

// askForLink fills in the form of recovery or verification and returns the link that is mailed.
async function askForLink(visitor, kind, email) {
  await visitor.go(`/${kind}`)
  await visitor.submit({ email })
  assert.equal(visitor.path(), `/${kind}`)
  return linkIn(await catcher.letter(email, kind === 'recovery' ? wayBack : proof))
}

async function isSignedIn(visitor, person) {
  await visitor.go('/')
  return (await visitor.text()).includes(person.email)
}

for (const javaScript of [true, false]) {
  const options = { javaScript }

  describe(javaScript ? 'in a browser' : 'in a browser without JavaScript', () => {
    visit('a forgotten password is replaced through the mail', options, async (visitor) => {
      const person = somebody()
      await register(client, person)
      const link = await askForLink(visitor, 'recovery', person.email)
      assert.match(await visitor.text(), /sent|check/i)
      await visitor.page.goto(link)
      assert.equal(visitor.path(), '/settings')
      await visitor.submit({ password: newPassword })
      assert.match(await visitor.text(), /new password is set/i)
      await visitor.context.clearCookies()
      await signIn(visitor, person)
      assert.equal(visitor.path(), '/login')
      await signIn(visitor, { ...person, password: newPassword })
      assert.equal(await isSignedIn(visitor, person), true)
    })

    visit('a link works once', options, async (visitor) => {
      const person = somebody()
      await register(client, person)
      const link = await askForLink(visitor, 'recovery', person.email)
      await visitor.page.goto(link)
      await visitor.context.clearCookies()
      await visitor.page.goto(link)
      assert.equal(visitor.path(), '/recovery')
      assert.match(await visitor.text(), /used|invalid/i)
      assert.equal(await isSignedIn(visitor, person), false)
    })

    visit('a link that came too late leads to a fresh form that says so', { ...options, server: () => hasty }, async (visitor) => {
      const person = somebody()
      await register(publicClient(hasty), person)
      for (const kind of ['recovery', 'verification']) {
        if (kind === 'verification') await catcher.letter(person.email, proof) // that of the registration
        const link = await askForLink(visitor, kind, person.email)
        await sleep(1100)
        await visitor.page.goto(link)
        assert.equal(visitor.path(), `/${kind}`)
        assert.match(await visitor.text(), /expired/i)
        await visitor.field('email').waitFor()
      }
    })

    visit('a newcomer proves an address, moves to another one and proves that', options, async (visitor) => {
      const [person, { email: next }] = [somebody(), somebody()]
      await signUp(visitor, person)
      await visitor.page.goto(linkIn(await catcher.letter(person.email, proof)))
      assert.match(await visitor.text(), /confirmed|verified/i)
      await visitor.go('/settings')
      await visitor.submit({ 'traits.email': next })
      assert.match(await visitor.text(), /saved|changed/i)
      await catcher.letter(person.email, /address/i) // the old address is told
      await visitor.page.goto(linkIn(await catcher.letter(next, proof)))
      const answer = await visitor.page.request.get(server.publicURL + '/sessions/whoami')
      const { identity } = await answer.json()
      assert.deepEqual(identity.verifiable_addresses.map(({ value, verified }) => [value, verified]), [[next, true]])
    })

    visit('a new password waits for a new sign-in, and is set by it', { ...options, server: () => hasty }, async (visitor) => {
      const person = somebody()
      await signUp(visitor, person)
      await visitor.go('/settings')
      await sleep(1100)
      await visitor.submit({ password: newPassword })
      assert.equal(visitor.path(), '/login')
      assert.match(await visitor.text(), new RegExp(`signed in as ${person.email}`, 'i'))
      await visitor.submit({ password: person.password })
      assert.equal(visitor.path(), '/settings')
      assert.match(await visitor.text(), /changes have been saved/i)
      await visitor.context.clearCookies()
      await signIn(visitor, { ...person, password: newPassword })
      assert.equal(await isSignedIn(visitor, person), true)
    })
  })
}

describe('two browsers', () => {
  // both runs a test with two people who have accounts and are signed in.
  const both = (name, steps) =>
    visit(name, {}, async (first) => {
      const second = await Visitor.arrive(browser, server)
      const people = [somebody(), somebody()]
      await signUp(first, people[0])
      await signUp(second, people[1])
      await steps(first, second, people)
      await second.leave()
    })

  both('show each other nothing of their settings', async (first, second, [one]) => {
    await first.go('/settings')
    await second.go(`/settings?flow=${first.flow()}`)
    assert.notEqual(second.flow(), first.flow())
    assert.doesNotMatch(await second.page.content(), new RegExp(one.email))
  })

  both('can not send the forms of each other', async (first, second, [one, other]) => {
    await first.go('/settings')
    await second.go('/settings')
    const form = second.page.locator('form:has([name="password"])')
    await form.evaluate((form, flow) => (form.action = form.action.replace(/flow=[^&]+/, `flow=${flow}`)), first.flow())
    await second.submit({ password: newPassword })
    assert.doesNotMatch(await second.text(), /saved|changed/i)
    for (const person of [one, other]) assert.ok((await logIn(client, person)).session_token)
  })

  both('that follow one link at once: one of them gets in', async (first, second, [one]) => {
    for (const visitor of [first, second]) await visitor.context.clearCookies()
    const link = await askForLink(first, 'recovery', one.email)
    await Promise.all([first.page.goto(link), second.page.goto(link)])
    const at = [first.path(), second.path()].sort()
    assert.deepEqual(at, ['/recovery', '/settings'])
  })

  both('stay who they are when one opens the link of the other', async (first, second, [one, other]) => {
    await first.context.clearCookies()
    const link = await askForLink(first, 'recovery', one.email)
    await second.page.goto(link)
    assert.equal(await isSignedIn(second, other), true)
    await first.page.goto(link)
    assert.equal(first.path(), '/settings')
    assert.equal(await isSignedIn(first, one), true)
  })
})

describe('a mail server that is gone', () => {
  let silent, gone
  before(async () => {
    silent = await startCatcher()
    gone = await startServer(silent.settings)
    await silent.stop()
  })
  after(() => gone.stop())

  test('is no error for anybody, and shows to the operator', async () => {
    const person = somebody()
    await register(publicClient(gone), person)
    const { data: flow } = await publicClient(gone).initializeSelfServiceRecoveryViaAPIFlow()
    const { data } = await publicClient(gone).completeSelfServiceRecoveryFlowWithLinkMethod(undefined, flow.id, { email: person.email })
    assert.equal(data.state, 'sent_email')
    let detail
    for (let tries = 0; tries < 100 && !detail?.includes('refused'); tries++) {
      detail = await (await fetch(gone.adminURL + '/health/detail')).text()
      await sleep(20)
    }
    assert.match(detail, /refused/)
  })
})
