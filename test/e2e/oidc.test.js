// Signing up and in with a certified OpenID provider (the npm package oidc-provider), in a real browser.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Visitor, launch } from './browser.js'
import { startProvider } from './provider.js'
import { somebody, startServer } from './server.js'
import { visiting } from './visit.js'

let server, browser, provider
before(async () => {
  provider = await startProvider()
  server = await startServer(provider.settings())
  provider.serves(server.publicURL)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await provider?.stop()
})

// visit runs a test as a visitor who arrives without any cookie.
const visit = (name, steps) =>
  visiting(name, () => Visitor.arrive(browser, server, { alsoAsks: provider.url }), steps)

// choose presses the button of a provider.
async function choose(visitor, name, { field = 'provider' } = {}) {
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator(`button[name="${field}"][value="${name}"]`).click()])
}

// signInThere is what a person does at the provider: say who they are, and agree.
async function signInThere(visitor, account) {
  await visitor.page.locator('input[name="login"]').fill(account)
  await visitor.page.locator('input[name="password"]').fill('any')
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[type="submit"]').click()])
  await agreeThere(visitor)
}

async function agreeThere(visitor) {
  if (!visitor.page.url().startsWith(provider.url)) return
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[type="submit"]').click()])
}

async function signUp(visitor, account, name = 'acme') {
  await visitor.go('/self-service/registration/browser')
  await choose(visitor, name)
  await signInThere(visitor, account)
}

async function signOut(visitor) {
  await visitor.go('/self-service/browser/flows/logout')
  await visitor.context.clearCookies()
}

// answerTo agrees at the provider, and returns where that would lead without going there.
async function answerTo(visitor) {
  const { request } = visitor.page
  let answer = await request.post(await visitor.page.locator('form').evaluate((form) => form.action), { form: { prompt: 'consent' }, maxRedirects: 0 })
  for (;;) {
    const to = answer.headers().location
    if (to.includes('/methods/oidc/callback/')) return to
    answer = await request.get(to, { maxRedirects: 0 })
  }
}

// confirmAddress opens the newest link that was mailed to an address.
async function confirmAddress(visitor, address) {
  const list = await (await fetch(server.adminURL + '/courier/messages')).json()
  const mail = list.find((message) => message.recipient === address)
  const { text } = await (await fetch(`${server.adminURL}/courier/messages/${mail.id}`)).json()
  await visitor.page.goto(/http\S+token=\w+/.exec(text)[0])
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('main form button').first().click()])
}

const whoami = async (visitor) => {
  const answer = await visitor.page.request.get(server.publicURL + '/sessions/whoami')
  return answer.ok() ? answer.json() : null
}

visit('a newcomer signs up with the provider, signs out and signs in again', async (visitor) => {
  const account = provider.account({ email: somebody().email, given_name: 'Ada' })
  await visitor.go('/self-service/registration/browser')
  await visitor.look('registration-with-provider')
  await choose(visitor, 'acme')
  await signInThere(visitor, account)
  const first = await whoami(visitor)
  assert.equal(first.identity.traits.email, provider.claims(account).email)
  await signOut(visitor)
  await visitor.go('/self-service/login/browser')
  await visitor.look('login-with-provider')
  await choose(visitor, 'acme')
  await signInThere(visitor, account)
  assert.equal((await whoami(visitor)).identity.id, first.identity.id)
})

visit('somebody unknown who signs in is signed up, and lands where they wanted to go', async (visitor) => {
  const account = provider.account({ email: somebody().email })
  await visitor.go('/self-service/login/browser?return_to=/settings')
  await choose(visitor, 'acme')
  await signInThere(visitor, account)
  assert.equal(visitor.path(), '/settings')
  assert.equal((await whoami(visitor)).identity.traits.email, provider.claims(account).email)
})

visit('what the provider does not tell is asked for', async (visitor) => {
  const { email } = somebody()
  const account = provider.account({})
  await signUp(visitor, account)
  assert.equal(visitor.path(), '/registration')
  await visitor.look('registration-to-complete')
  await visitor.field('traits.email').fill(email)
  await choose(visitor, 'acme')
  await agreeThere(visitor)
  assert.equal((await whoami(visitor)).identity.traits.email, email)
})

visit('an address that somebody has is no way in; its owner links the account by signing in', async (visitor) => {
  const person = somebody()
  await visitor.go('/self-service/registration/browser')
  await visitor.submit({ 'traits.email': person.email, password: person.password })
  const { identity } = await whoami(visitor)
  await signOut(visitor)

  const account = provider.account({ email: person.email, email_verified: true })
  await signUp(visitor, account)
  assert.equal(await whoami(visitor), null)
  assert.match(await visitor.text(), /There is an account with these details already/)
  await visitor.look('registration-conflict')
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('a[href*="link="]').click()])
  await visitor.look('login-to-link')
  await visitor.submit({ identifier: person.email, password: person.password })
  assert.match(await visitor.text(), /Do so only if both are yours/)
  assert.deepEqual(await visitor.page.locator('main button').allInnerTexts(), ['Connect', 'Not now'])
  await visitor.look('link-consent')
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[name="confirm_link"]').click()])
  assert.equal((await whoami(visitor)).identity.id, identity.id)

  await signOut(visitor)
  await visitor.go('/self-service/login/browser')
  await choose(visitor, 'acme')
  await signInThere(visitor, account)
  assert.equal((await whoami(visitor)).identity.id, identity.id)
})

visit('a provider that is trusted with it links by an address that both have proven', async (visitor) => {
  const account = provider.account({ email: somebody().email, email_verified: true })
  await signUp(visitor, account)
  const { identity } = await whoami(visitor)
  // Nobody has proven the address here yet: a stranger may have registered it.
  await signOut(visitor)
  const other = provider.account({ email: provider.claims(account).email, email_verified: true })
  await signUp(visitor, other, 'trusted')
  assert.equal(await whoami(visitor), null)

  await confirmAddress(visitor, provider.claims(account).email)
  await signOut(visitor)
  await signUp(visitor, other, 'trusted')
  assert.equal((await whoami(visitor)).identity.id, identity.id)
})

visit('links are added and removed in settings, but for the last way in', async (visitor) => {
  const person = somebody()
  await visitor.go('/self-service/registration/browser')
  await visitor.submit({ 'traits.email': person.email, password: person.password })
  await visitor.go('/self-service/settings/browser')
  await visitor.look('settings-with-providers')
  await choose(visitor, 'acme', { field: 'link' })
  const account = provider.account({})
  await signInThere(visitor, account)
  assert.equal(visitor.path(), '/settings')
  await visitor.look('settings-linked')
  assert.equal(await visitor.page.locator('button[name="unlink"][value="acme"]').count(), 1)
  await choose(visitor, 'acme', { field: 'unlink' })
  assert.equal(await visitor.page.locator('button[name="unlink"]').count(), 0)

  // Who has nothing else is not offered to unlink.
  await signOut(visitor)
  await signUp(visitor, provider.account({ email: somebody().email }))
  await visitor.go('/self-service/settings/browser')
  assert.equal(await visitor.page.locator('button[name="unlink"]').count(), 0)
})

visit('who cancels at the provider is told so on the form', async (visitor) => {
  await visitor.go('/self-service/login/browser')
  await choose(visitor, 'acme')
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('a', { hasText: /cancel/i }).first().click()])
  assert.equal(visitor.path(), '/login')
  assert.match(await visitor.text(), /access_denied/)
  assert.equal(await whoami(visitor), null)
})

visit('an answer works once, and in the browser that asked alone', async (visitor) => {
  const account = provider.account({ email: somebody().email })
  const callbacks = []
  visitor.page.on('request', (request) => {
    if (request.url().includes('/methods/oidc/callback/')) callbacks.push(request.url())
  })
  await signUp(visitor, account)
  assert.equal(callbacks.length, 1)
  const { identity } = await whoami(visitor)
  await visitor.context.clearCookies({ name: 'ory_kratos_session' })
  await visitor.page.goto(callbacks[0])
  assert.equal(visitor.path(), '/error')
  assert.equal(await whoami(visitor), null)

  // The victim of a forged sign-in: another browser is sent the answer to a question that this one asked.
  await visitor.context.clearCookies()
  await visitor.go('/self-service/login/browser')
  await choose(visitor, 'acme')
  await visitor.page.locator('input[name="login"]').fill(account)
  await visitor.page.locator('input[name="password"]').fill('any')
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[type="submit"]').click()])
  const unused = await answerTo(visitor)
  const victim = await Visitor.arrive(browser, server)
  await victim.page.goto(unused)
  assert.equal(victim.path(), '/error')
  assert.equal(await whoami(victim), null)
  await victim.leave()
  assert.ok(identity)
})

test('a flow that has ended at the return is started again, and says why', async () => {
  const brief = await startServer({ ...provider.settings(), SELFSERVICE_FLOWS_LOGIN_LIFESPAN: '3s' })
  provider.serves(server.publicURL, brief.publicURL)
  const visitor = await Visitor.arrive(browser, brief, { alsoAsks: provider.url })
  try {
    // On a busy machine a flow may be over before the provider is chosen.
    for (let tries = 0; tries < 5 && !visitor.page.url().startsWith(provider.url); tries++) {
      await visitor.go('/self-service/login/browser')
      await choose(visitor, 'acme')
    }
    await sleep(3100)
    await signInThere(visitor, provider.account({ email: somebody().email }))
    assert.equal(visitor.path(), '/login')
    assert.match(await visitor.text(), /expired/)
  } finally {
    await visitor.leave()
    await brief.stop()
  }
})
