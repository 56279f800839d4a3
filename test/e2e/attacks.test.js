// The attacks of the review of 0.4.0, in a real browser over https: a foreign site (evil.test) and a sibling of the server
// (evil.shop.test beside id.shop.test) do what they can, and intruders use what they know of an account. None may get anywhere.
//
// Against the binary of 0.4.0 (commit da9b22d of releases.txt, by SYMBOLON_BINARY) every test of this file fails.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Visitor, launch } from './browser.js'
import { startProvider } from './provider.js'
import { somebody, startServer } from './server.js'
import { certificateFor, everyName, startSite } from './sites.js'

const foreign = 'evil.test'
const sibling = 'evil.shop.test'

let certificate, provider, server, site, browser
before(async () => {
  certificate = await certificateFor('id.shop.test', foreign, sibling)
  ;[provider, site] = await Promise.all([startProvider(), startSite(certificate)])
  server = await startServer({ ...provider.settings(), SECURITY_LIMITS_ENABLED: 'false', LINK_CONFIRM: 'true' }, 'id.shop.test', certificate)
  provider.serves(server.publicURL)
  browser = await launch(everyName)
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await site?.stop()
  await provider?.stop()
  await certificate?.remove()
})

// attack runs a test with a browser of the victim's and one of the attacker's.
function attack(name, steps) {
  test(name, async () => {
    const [victim, attacker] = await Promise.all([arrive(), arrive()])
    try {
      await steps(victim, attacker)
    } catch (error) {
      const where = await Promise.all([victim, attacker].map(async (v) => `${v.page.url()}\n${await v.text().catch(String)}`))
      throw new Error(`${error.message}\nthe victim is at ${where[0]}\nthe attacker is at ${where[1]}`, { cause: error })
    } finally {
      await Promise.all([victim, attacker].map((v) => v.context.close()))
    }
  })
}

const arrive = () => Visitor.arrive(browser, server, { alsoAsks: 'http' })

async function press(visitor, selector) {
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator(selector).first().click()])
}

// member makes an account with a password.
async function member() {
  const person = somebody()
  const answer = await fetch(server.adminURL + '/identities', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ traits: { email: person.email }, credentials: { password: { config: { password: person.password } } } }),
  })
  assert.equal(answer.status, 201)
  return { ...person, ...(await answer.json()) }
}

// signIn uses the form that is shown, if one is, as a person does who trusts the address of the page.
async function signIn(visitor, person, password = person.password) {
  if (!(await visitor.field('password').count())) await visitor.go('/self-service/login/browser?refresh=true')
  const fields = { identifier: person.email, password }
  if (!(await visitor.field('identifier').isVisible().catch(() => false))) delete fields.identifier
  await visitor.submit(fields)
}

// json opens an address of the server as a page.
async function json(visitor, path) {
  await visitor.go(path)
  return JSON.parse(await visitor.text())
}

async function whoami(visitor) {
  const session = await json(visitor, '/sessions/whoami')
  return session.identity ? session : null
}

const isSignedInAs = async (visitor, person) => assert.equal((await whoami(visitor))?.identity.id, person.id)

// atProvider goes to the provider from a page with its button, signs in to the account there and comes back, or does
// something else than to agree.
async function atProvider(visitor, account, agrees = agree) {
  await press(visitor, 'button[name="provider"][value="acme"]')
  if (await visitor.page.locator('input[name="login"]').count()) {
    await visitor.page.locator('input[name="login"]').fill(account)
    await visitor.page.locator('input[name="password"]').fill('any')
    await press(visitor, 'button[type="submit"]')
  }
  return agrees(visitor)
}

async function agree(visitor) {
  if (visitor.page.url().startsWith(provider.url)) await press(visitor, 'button[type="submit"]')
}

// answerTo agrees, and returns where that would lead without going there.
async function answerTo(visitor) {
  const { request } = visitor.page
  let answer = await request.post(await visitor.page.locator('form').evaluate((form) => form.action), { form: { prompt: 'consent' }, maxRedirects: 0 })
  for (;;) {
    const to = answer.headers().location
    if (to.includes('/methods/oidc/callback/')) return to
    answer = await request.get(to, { maxRedirects: 0 })
  }
}

// squat signs up by the provider with an address of somebody else's.
async function squat(attacker, account, email) {
  await attacker.go('/self-service/registration/browser')
  await atProvider(attacker, account)
  await attacker.field('traits.email').fill(email)
  await atProvider(attacker, account)
}

// linkingFlow is a login that is to link the provider account of a registration whose address is taken.
async function linkingFlow(attacker, account, person) {
  await squat(attacker, account, person.email)
  await attacker.go(`/self-service/login/browser?link=${attacker.flow()}&refresh=true`)
  return attacker.flow()
}

// getsNowhere checks that the provider account of the attacker does not open the account of the victim.
async function getsNowhere(account, person) {
  const attacker = await arrive()
  await attacker.go('/self-service/login/browser')
  await atProvider(attacker, account)
  const session = await whoami(attacker)
  await attacker.context.close()
  assert.notEqual(session?.identity.id, person.id, 'the account was taken over')
}

// toss sets the cookies of one browser in another, from the sibling, in each form that a browser might take.
async function toss(victim, attacker, pattern) {
  const cookies = (await attacker.context.cookies(server.publicURL)).filter(({ name }) => pattern.test(name))
  assert.notEqual(cookies.length, 0, 'there is nothing to toss')
  const forms = cookies.flatMap(({ name, value }) =>
    [...new Set([name, name.replace('__Host-', '')])].flatMap((n) =>
      ['/self-service', '/sessions', '/settings', '/'].map((path) => `${n}=${value}; Domain=shop.test; Path=${path}; Secure`),
    ),
  )
  await victim.page.goto(site.setting(sibling, forms))
}

// link returns the newest link that was mailed to an address.
async function link(address) {
  const list = await (await fetch(`${server.adminURL}/courier/messages`)).json()
  const mail = list.find((message) => message.recipient === address)
  const { text } = await (await fetch(`${server.adminURL}/courier/messages/${mail.id}`)).json()
  return /https:\S+token=\w+/.exec(text)[0]
}

// recover asks for a link and follows it, with the button that comes before it takes effect.
async function recover(visitor, email) {
  await visitor.go('/recovery')
  await visitor.submit({ email })
  await visitor.page.goto(await link(email))
  await press(visitor, 'main form button')
}

// staysWith signs the victim in where they are, and checks that it is to their own account.
async function staysWith(victim, person) {
  await signIn(victim, person)
  await isSignedInAs(victim, person)
}

const submission = (kind, method, flow) => `${server.publicURL}/self-service/${kind}/methods/${method}?flow=${flow}`

async function visits(victim, page) {
  await victim.page.goto(page)
  await victim.page.waitForURL(`${server.publicURL}/**`)
}

attack('V1: an empty form of a foreign page does not hand on a login that links', async (victim, attacker) => {
  const person = await member()
  const account = provider.account({})
  const flow = await linkingFlow(attacker, account, person)
  await victim.go('/login') // so that there is a cookie of an earlier visit
  await visits(victim, site.posting(foreign, submission('login', 'password', flow)))
  await staysWith(victim, person)
  await getsNowhere(account, person)
})

attack('V1: plain text of a foreign page does not hand on a registration whose account is then linked', async (victim, attacker) => {
  const person = await member()
  const account = provider.account({})
  await signIn(victim, person)
  await squat(attacker, account, person.email)
  const flow = attacker.flow()
  await visits(victim, site.posting(foreign, submission('registration', 'password', flow), 'a'))
  await visits(victim, site.leading(foreign, `${server.publicURL}/self-service/login/browser?refresh=true&link=${flow}`))
  await staysWith(victim, person)
  await getsNowhere(account, person)
})

attack('V1: what is typed after a foreign page is not to be read by its owner', async (victim, attacker) => {
  const person = somebody()
  await attacker.go('/self-service/login/browser')
  const flow = attacker.flow()
  await victim.go('/login')
  await visits(victim, site.posting(foreign, submission('login', 'password', flow)))
  await signIn(victim, person, 'mistyped by the victim')
  const typed = await json(attacker, `/self-service/login/flows?id=${flow}`)
  assert.ok(!JSON.stringify(typed).includes(person.email), 'the attacker reads the address')
})

attack('V3: a cookie of a sibling and its form do not sign in as the attacker', async (victim, attacker) => {
  const person = await member()
  await attacker.go('/self-service/login/browser')
  const csrf_token = await attacker.field('csrf_token').first().inputValue()
  const action = submission('login', 'password', attacker.flow())
  await toss(victim, attacker, /csrf/)
  await visits(victim, site.posting(sibling, action, { csrf_token, identifier: person.email, password: person.password }))
  assert.equal(await whoami(victim), null)
})

attack('V3: a cookie of a sibling does not make a login that links the victim’s', async (victim, attacker) => {
  const person = await member()
  const account = provider.account({})
  const flow = await linkingFlow(attacker, account, person)
  await toss(victim, attacker, /csrf/)
  await visits(victim, site.leading(foreign, `${server.publicURL}/login?flow=${flow}`))
  await staysWith(victim, person)
  await getsNowhere(account, person)
})

attack('V3: a session of a sibling does not take the place of the victim’s, nor of none', async (victim, attacker) => {
  const [person, own] = [await member(), await member()]
  await signIn(attacker, own)
  await signIn(victim, person)
  await toss(victim, attacker, /session/)
  await isSignedInAs(victim, person)
  await victim.go('/settings')
  assert.equal(await victim.field('traits.email').inputValue(), person.email)
  await victim.context.clearCookies()
  await toss(victim, attacker, /session/)
  assert.equal(await whoami(victim), null)
})

attack('V3: the cookies of a sibling do not finish its sign-in with a provider', async (victim, attacker) => {
  await attacker.go('/self-service/login/browser')
  const answer = await atProvider(attacker, provider.account({ email: somebody().email }), answerTo)
  await toss(victim, attacker, /./)
  await visits(victim, site.leading(foreign, answer))
  assert.equal(await whoami(victim), null)
})

for (const [host, what] of [[foreign, 'foreign'], [sibling, 'sibling']]) {
  attack(`V4: a ${what} page does not press the button of a recovery link of the attacker’s`, async (victim) => {
    const own = await member()
    await victim.go('/self-service/recovery/browser') // there may be cookies of earlier
    await victim.submit({ email: own.email })
    const token = new URL(await link(own.email)).searchParams.get('token')
    await visits(victim, site.posting(host, `${server.publicURL}/self-service/recovery/methods/link?token=${token}`))
    assert.equal(await whoami(victim), null)
  })
}

attack('V5: a provider account from before the first proof of the address does not open the account after it', async (victim, attacker) => {
  const account = provider.account({})
  const person = somebody()
  await squat(attacker, account, person.email)
  const { identity } = await whoami(attacker)
  await recover(victim, person.email)
  await victim.submit({ password: person.password })
  await isSignedInAs(victim, identity)
  assert.equal(await whoami(attacker), null)
  await getsNowhere(account, identity)
})

attack('V5: a password from before the first proof of the address does not open the account after it', async (victim, attacker) => {
  const person = somebody()
  await attacker.go('/registration')
  await attacker.submit({ 'traits.email': person.email, password: person.password })
  await recover(victim, person.email)
  assert.notEqual(await whoami(victim), null)
  await attacker.context.clearCookies()
  await signIn(attacker, person)
  assert.equal(await whoami(attacker), null)
})

attack('V7: who knows the old password does not outlive a recovery', async (victim, intruder) => {
  const person = await member()
  await signIn(intruder, person)
  await recover(victim, person.email)
  assert.equal(await whoami(intruder), null)
  await signIn(intruder, person)
  await intruder.go('/settings')
  await victim.submit({ password: 'the owner’s own choice' })
  await isSignedInAs(victim, person)
  assert.equal(await whoami(intruder), null, 'the intruder is still signed in')
  await signIn(intruder, person)
  assert.equal(await whoami(intruder), null, 'the old password still works')
})
