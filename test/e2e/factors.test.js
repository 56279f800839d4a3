// Second factors and passkeys on the built-in pages, with the virtual authenticator of Chromium.
import assert from 'node:assert/strict'
import { after, before } from 'node:test'
import { appCode, authenticator, internal, usb } from './authenticators.js'
import { Visitor, launch } from './browser.js'
import { somebody, startServer } from './server.js'
import { visiting } from './visit.js'

let server, first, browser
before(async () => {
  server = await startServer(
    {
      SELFSERVICE_METHODS_TOTP_ENABLED: 'true',
      SELFSERVICE_METHODS_LOOKUP_SECRET_ENABLED: 'true',
      SELFSERVICE_METHODS_WEBAUTHN_ENABLED: 'true',
      SELFSERVICE_METHODS_PASSKEY_ENABLED: 'true',
    },
    'localhost', // browsers bind keys to a domain
  )
  first = await startServer(
    {
      SELFSERVICE_FLOWS_LOGIN_STYLE: 'identifier_first',
      SELFSERVICE_METHODS_PASSKEY_ENABLED: 'true',
      SELFSERVICE_METHODS_WEBAUTHN_ENABLED: 'true',
      SELFSERVICE_METHODS_WEBAUTHN_CONFIG_PASSWORDLESS: 'true',
      SELFSERVICE_METHODS_CODE_ENABLED: 'true',
      SELFSERVICE_FLOWS_RECOVERY_USE: 'code',
    },
    'localhost',
  )
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await first?.stop()
})

const visit = (name, steps) => visiting(name, () => Visitor.arrive(browser, server), steps)

async function register(visitor, person) {
  await visitor.go('/self-service/registration/browser')
  const form = visitor.page.locator('form', { has: visitor.page.locator('[name="password"]') })
  await form.locator('[name="traits.email"]').fill(person.email)
  await form.locator('[name="password"]').fill(person.password)
  await Promise.all([visitor.page.waitForNavigation(), form.locator('button[type="submit"]').first().click()])
}

async function signOut(visitor) {
  await visitor.context.clearCookies()
}

// leave turns down what is offered after the password.
async function leave(visitor) {
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('a[data-onward]').click()])
}

async function signIn(visitor, person) {
  await visitor.go('/self-service/login/browser')
  await visitor.submit({ identifier: person.email, password: person.password })
}

// press runs a ceremony, which ends with the form being sent.
async function press(visitor, name) {
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator(`button[data-webauthn-click="${name}"]`).click()])
}

async function isSignedIn(visitor, person) {
  await visitor.go('/')
  return (await visitor.text()).includes(person.email)
}

visit('a passkey is added in settings and signs in without a password', async (visitor) => {
  const person = somebody()
  await register(visitor, person)
  const key = await authenticator(visitor, internal)
  await visitor.go('/self-service/settings/browser')
  await visitor.look('settings-factors')
  await press(visitor, 'oryPasskeySettingsRegistration')
  assert.equal((await key.keys()).length, 1)
  assert.ok((await visitor.page.locator('button[name="passkey_remove"]').count()) === 1)

  await signOut(visitor)
  // The browser proposes the key by itself where a page asks for it; that, or the button, signs in.
  await visitor.go('/self-service/login/browser')
  await visitor.page.waitForURL((url) => url.pathname === '/', { timeout: 3000 }).catch(() => press(visitor, 'oryPasskeyLogin'))
  assert.ok(await isSignedIn(visitor, person))
})

visit('a newcomer signs up with a passkey alone', async (visitor) => {
  const person = somebody()
  const key = await authenticator(visitor, internal)
  await visitor.go('/self-service/registration/browser')
  const form = visitor.page.locator('form', { has: visitor.page.locator('[name="passkey_register"]') })
  await form.locator('[name="traits.email"]').fill(person.email)
  await press(visitor, 'oryPasskeyRegistration')
  assert.ok(await isSignedIn(visitor, person))
  assert.equal((await key.keys())[0].userHandle !== undefined, true)
})

visit('a security key is asked for after the password', async (visitor) => {
  const person = somebody()
  await register(visitor, person)
  const key = await authenticator(visitor, usb)
  await visitor.go('/self-service/settings/browser')
  await visitor.page.locator('[name="webauthn_register_displayname"]').fill('Blue key')
  await press(visitor, 'oryWebAuthnRegistration')
  assert.equal(await visitor.page.locator('.key input[type="text"]').first().inputValue(), 'Blue key') // it can be renamed there

  await signOut(visitor)
  await signIn(visitor, person)
  await visitor.look('second-factor')
  assert.equal(visitor.path(), '/login')
  assert.equal(await visitor.page.locator('input[type="hidden"][name="identifier"]').inputValue(), person.email)
  await press(visitor, 'oryWebAuthnLogin')
  assert.ok(await isSignedIn(visitor, person))

  await key.unplug()
})

visit('an authenticator app is set up by its key and asked for at the next sign-in', async (visitor) => {
  const person = somebody()
  await register(visitor, person)
  await visitor.go('/self-service/settings/browser')
  assert.equal(await visitor.page.locator('img[src^="data:image/png;base64,"]').count(), 1)
  const secret = (await visitor.page.locator('.codes code').first().innerText()).trim()
  const form = visitor.page.locator('form', { has: visitor.page.locator('[name="totp_code"]') })
  await form.locator('[name="totp_code"]').fill(appCode(secret))
  await Promise.all([visitor.page.waitForNavigation(), form.locator('button[type="submit"]').first().click()])
  assert.ok((await visitor.page.locator('button[name="totp_unlink"]').count()) === 1)

  await signOut(visitor)
  await signIn(visitor, person)
  assert.equal(visitor.path(), '/login')
  // The code that set the app up counts no more; the next one is within the step that clocks may differ by.
  await visitor.page.locator('[name="totp_code"]').fill(appCode(secret, 1))
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('form:has([name="totp_code"]) button[type="submit"]').click()])
  assert.ok(await isSignedIn(visitor, person))
})

visit('a passkey is offered once after a sign-in with a password', async (visitor) => {
  const person = somebody()
  await register(visitor, person)
  await signOut(visitor)
  await authenticator(visitor, internal)
  await signIn(visitor, person)
  await visitor.look('offer-passkey')
  assert.equal(visitor.path(), '/settings')
  await leave(visitor)
  assert.equal(visitor.path(), '/')
  const kept = (await visitor.context.cookies()).filter((c) => c.name.endsWith('symbolon_offered'))
  await signOut(visitor)
  await visitor.context.addCookies(kept)
  await signIn(visitor, person)
  assert.equal(visitor.path(), '/', 'it is offered again')

  await signOut(visitor) // another browser
  await signIn(visitor, person)
  await press(visitor, 'oryPasskeySettingsRegistration')
  assert.equal(visitor.path(), '/')
  await signOut(visitor)
  await visitor.go('/self-service/login/browser')
  await visitor.page.waitForURL((url) => url.pathname === '/', { timeout: 3000 }).catch(() => press(visitor, 'oryPasskeyLogin'))
  assert.ok(await isSignedIn(visitor, person))
})

visit('a browser that knows no passkeys is led past the offer', async (visitor) => {
  const person = somebody()
  await register(visitor, person)
  await signOut(visitor)
  await visitor.page.addInitScript(() => delete window.PublicKeyCredential)
  await signIn(visitor, person)
  await visitor.page.waitForURL((url) => url.pathname === '/')
})

// hasPasskey makes an account with a passkey, of which it knows the authenticator.
async function hasPasskey(visitor, options) {
  const person = somebody()
  await register(visitor, person)
  const key = await authenticator(visitor, options)
  await visitor.go('/self-service/settings/browser')
  await press(visitor, 'oryPasskeySettingsRegistration')
  await signOut(visitor)
  return { person, key }
}

// byButton keeps the browser from proposing passkeys by itself.
const byButton = (visitor) => visitor.page.addInitScript(() => delete PublicKeyCredential.isConditionalMediationAvailable)

// refused runs a sign-in with a passkey that must fail and returns what the page says.
async function refused(visitor) {
  await byButton(visitor)
  await visitor.go('/self-service/login/browser')
  const sent = visitor.page.waitForNavigation({ timeout: 4000 }).catch(() => {})
  await visitor.page.locator('button[data-webauthn-click="oryPasskeyLogin"]').click()
  const said = visitor.page.locator('[role="alert"]:visible')
  await Promise.all([sent, said.first().waitFor()])
  assert.equal(await visitor.cookie('ory_kratos_session'), undefined, 'it signs in')
  return said.first().innerText()
}

visit('a passkey that verified its user once must do so again', async (visitor) => {
  const { key } = await hasPasskey(visitor, internal)
  await key.verifies(false)
  assert.notEqual(await refused(visitor), '')
})

// Chromium uses such a passkey only where it is named, as the page of a person who is signed in does.
visit('a passkey that can not verify its user signs in again where nothing more is asked for', async (visitor) => {
  const { person } = await hasPasskey(visitor, { ...internal, hasUserVerification: false, isUserVerified: false })
  await signIn(visitor, person)
  await visitor.go('/self-service/login/browser?refresh=true')
  assert.equal(visitor.path(), '/login')
  await press(visitor, 'oryPasskeyLogin')
  assert.equal(visitor.path(), '/')
  assert.ok(await isSignedIn(visitor, person))
})

visit('a passkey that was removed signs in no more', async (visitor) => {
  const { person, key } = await hasPasskey(visitor, internal)
  await byButton(visitor)
  await signIn(visitor, person)
  await visitor.go('/self-service/settings/browser')
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[name="passkey_remove"]').click()])
  await signOut(visitor)
  assert.equal((await key.keys()).length, 1, 'the authenticator forgot it')
  assert.notEqual(await refused(visitor), '')
})

visit('a copy of a passkey is refused by its counter', async (visitor) => {
  const { person, key } = await hasPasskey(visitor, internal)
  const [copy] = await key.keys()
  await visitor.go('/self-service/login/browser')
  await visitor.page.waitForURL((url) => url.pathname === '/', { timeout: 3000 }).catch(() => press(visitor, 'oryPasskeyLogin'))
  assert.ok(await isSignedIn(visitor, person))
  await signOut(visitor)
  assert.ok((await key.keys())[0].signCount > copy.signCount)
  await key.unplug()
  const thief = await authenticator(visitor, internal)
  await thief.add({ ...copy, signCount: 0 })
  assert.notEqual(await refused(visitor), '')
})

visit('an authenticator that keeps no keys holds no passkey', async (visitor) => {
  await register(visitor, somebody())
  await authenticator(visitor, usb)
  await visitor.go('/self-service/settings/browser')
  await visitor.page.locator('button[data-webauthn-click="oryPasskeySettingsRegistration"]').click()
  const said = visitor.page.locator('[data-webauthn-errors]:visible')
  await said.first().waitFor()
  assert.notEqual(await said.first().innerText(), '')
})

for (const [kind, options] of Object.entries({
  nfc: { ...usb, transport: 'nfc' },
  'of this device': { ...usb, transport: 'internal' },
  'that keeps its keys': { ...usb, hasResidentKey: true },
})) {
  visit(`a security key ${kind} confirms a sign-in and is removed`, async (visitor) => {
    const person = somebody()
    await register(visitor, person)
    await authenticator(visitor, options)
    await visitor.go('/self-service/settings/browser')
    await visitor.page.locator('[name="webauthn_register_displayname"]').fill(kind)
    await press(visitor, 'oryWebAuthnRegistration')
    await signOut(visitor)
    await signIn(visitor, person)
    await press(visitor, 'oryWebAuthnLogin')
    await visitor.go('/self-service/settings/browser')
    await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[name="webauthn_remove"]').click()])
    await signOut(visitor)
    await signIn(visitor, person)
    assert.ok(await isSignedIn(visitor, person), 'it is still asked for')
  })
}

visiting('the identifier is asked for first, and another one can be named', () => Visitor.arrive(browser, first), async (visitor) => {
  const person = somebody()
  await register(visitor, person)
  await signOut(visitor)
  await visitor.go('/self-service/login/browser')
  await visitor.look('login-identifier')
  assert.equal(await visitor.page.locator('input[type="password"]').count(), 0)
  assert.equal(await visitor.field('identifier').getAttribute('autocomplete'), 'username webauthn')
  await visitor.submit({ identifier: 'another@example.org' })
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[name="screen"]').click()])
  await visitor.submit({ identifier: person.email })
  await visitor.look('login-named')
  assert.ok((await visitor.text()).includes(person.email))
  await visitor.submit({ password: person.password })
  await leave(visitor) // the offer of a passkey
  assert.ok(await isSignedIn(visitor, person))
})

visiting('a newcomer signs up and in with a security key that keeps nothing', () => Visitor.arrive(browser, first), async (visitor) => {
  const person = somebody()
  await authenticator(visitor, usb)
  await visitor.go('/self-service/registration/browser')
  await visitor.page.locator('form:has([name="webauthn_register"]) [name="traits.email"]').fill(person.email)
  await press(visitor, 'oryWebAuthnRegistration')
  assert.ok(await isSignedIn(visitor, person))
  await visitor.go('/self-service/settings/browser')
  assert.ok(await visitor.page.locator('button[name="webauthn_remove"]').isDisabled(), 'the last first factor can be removed')

  await signOut(visitor)
  await visitor.go('/self-service/login/browser')
  await visitor.submit({ identifier: person.email })
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.getByRole('button', { name: 'Sign in with a security key' }).click()])
  await visitor.look('login-key')
  await press(visitor, 'oryWebAuthnLogin')
  assert.ok(await isSignedIn(visitor, person))

  await visitor.go('/login?refresh=true')
  await press(visitor, 'oryWebAuthnLogin')
  assert.ok(await isSignedIn(visitor, person))
})

visiting('another code is sent to a person who has none to type', () => Visitor.arrive(browser, first), async (visitor) => {
  await visitor.go('/recovery')
  await visitor.submit({ email: somebody().email })
  await visitor.look('recovery-code')
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.getByRole('button', { name: 'Send another code' }).click()])
  assert.equal(await visitor.page.locator('[aria-invalid="true"]').count(), 0)
})
