// The console as operators use it: every page in both schemes, from a telephone to a desk, with JavaScript and without.
import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Visitor, launch } from './browser.js'
import { fits, widths } from './fits.js'
import { somebody, startServer } from './server.js'
import { visiting } from './visit.js'

const password = 'the password of the operator'

// A schema with every sort of input that the console draws.
const schema = {
  type: 'object',
  properties: {
    traits: {
      type: 'object',
      properties: {
        email: {
          type: 'string',
          format: 'email',
          title: 'E-mail',
          'ory.sh/kratos': { credentials: { password: { identifier: true } }, verification: { via: 'email' }, recovery: { via: 'email' } },
        },
        name: { type: 'object', properties: { first: { type: 'string', title: 'First name' }, last: { type: 'string', title: 'Last name' } } },
        age: { type: 'integer', minimum: 18 },
        newsletter: { type: 'boolean' },
        plan: { type: 'string', enum: ['free', 'pro'] },
        tags: { type: 'array', items: { type: 'string' } },
        meta: { type: 'object' },
      },
      required: ['email'],
    },
  },
}

// Nobody listens where mail goes, so each message is given up at once.
const settings = {
  SERVE_ADMIN_CONSOLE_PASSWORD: password,
  COURIER_SMTP_CONNECTION_URI: 'smtp://127.0.0.1:9/',
  COURIER_MAX_TRIES: '1',
  IDENTITY_DEFAULT_SCHEMA_URL: 'base64://' + Buffer.from(JSON.stringify(schema)).toString('base64'),
}

let server, browser
before(async () => {
  server = await startServer(settings)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

// json sends a request as an app does.
async function json(method, url, body) {
  const headers = { 'Content-Type': 'application/json' }
  if (url.startsWith(server.adminURL)) headers.Authorization = `Bearer ${password}` // it guards the API too
  const answer = await fetch(url, { method, body: body && JSON.stringify(body), headers })
  return answer.json()
}

async function submit(kind, body) {
  const flow = await json('GET', `${server.publicURL}/self-service/${kind}/api`)
  return json('POST', flow.methods.password.config.action, body)
}

// member registers somebody who has signed in three times and failed once.
async function member() {
  const person = somebody()
  const traits = { email: person.email, name: { first: 'Ada', last: 'Lovelace' }, tags: ['poet', 'engineer'] }
  const { identity } = await submit('registration', { traits, password: person.password })
  for (const password of [person.password, 'not the umbrella', person.password]) await submit('login', { identifier: person.email, password })
  return { ...person, id: identity.id }
}

// visit runs a test as an operator who arrives at the console.
const visit = (name, options, steps) => visiting(name, () => Visitor.arrive(browser, { publicURL: server.adminURL }, options), steps)

async function signIn(operator) {
  await operator.go('/console')
  await operator.submit({ secret: password })
  assert.equal(operator.path(), '/console')
}

// press clicks a button or link that leads to another page.
const press = (operator, role, name) => Promise.all([operator.page.waitForNavigation(), operator.page.getByRole(role, { name }).first().click()])

const says = async (operator, text) => assert.match(await operator.text(), text)

// givenUp waits until the message to an address is given up.
async function givenUp(address) {
  for (let tries = 0; tries < 100; tries++) {
    const found = await json('GET', `${server.adminURL}/courier/messages?status=dead&recipient=${encodeURIComponent(address)}`)
    if (found.length) return found[0].id
    await sleep(50)
  }
  throw new Error(`the message to ${address} was not given up:\n${server.log()}`)
}

// tour looks at every page of the console.
async function tour(operator, look) {
  await operator.go('/console')
  await operator.submit({ secret: 'wrong' })
  await look('sign-in-wrong')
  await signIn(operator)
  const person = await member()
  const flow = await json('GET', `${server.publicURL}/self-service/registration/api`)
  const error = await fetch(`${server.publicURL}/self-service/login/browser?return_to=https://elsewhere.example/`, { redirect: 'manual' })
  const pages = {
    overview: '',
    identities: '/identities',
    'identities-none': '/identities?identifier=nobody',
    identity: `/identities/${person.id}`,
    edit: `/identities/${person.id}/edit`,
    delete: `/identities/${person.id}/delete`,
    messages: '/messages',
    message: `/messages/${await givenUp(person.email)}`,
    flows: '/flows',
    errors: '/errors',
    flow: `/flows?id=${flow.id}`,
    'flow-none': '/flows?id=x',
    error: '/errors?id=' + new URL(error.headers.get('location')).searchParams.get('error'),
    failure: '/identities/x',
  }
  for (const [name, path] of Object.entries(pages)) {
    await operator.go('/console' + path)
    await look(name)
  }
  await operator.go('/console')
  for (const summary of await operator.page.locator('summary').all()) await summary.click()
  await look('overview-figures')
  await operator.go('/console/identities/new')
  await operator.submit({ 'traits.age': '3', 'traits.email': 'no address' })
  await look('new-rejected')
  await operator.go(`/console/identities/${person.id}`)
  await press(operator, 'button', 'Create a link')
  await look('recovery')
}

describe('every page of the console', () => {
  // Each question to axe takes half a second, so a width is asked about in one scheme.
  const schemes = { 375: ['dark'], 768: ['light'], 1440: ['dark'] }

  visit('is accessible and fits', {}, async (operator) => {
    await tour(operator, async (name) => {
      await fits(operator, `console-${name}`)
      // Axe waits forever for a frame that runs no scripts. What it holds is a mail, and no part of the console.
      await operator.page.evaluate(() => document.querySelector('iframe')?.remove())
      for (const width of widths) {
        await operator.page.setViewportSize({ width, height: 800 })
        await operator.isAccessible(`${name} at ${width} px`, schemes[width])
      }
    })
  })
  // There are no scripts, so the pages look as they do above.
  visit('fits without JavaScript', { javaScript: false }, (operator) => tour(operator, (name) => fits(operator, name, { pictures: false })))
})

describe('an operator', () => {
  for (const javaScript of [true, false]) {
    const how = `JavaScript ${javaScript}`

    visit(`signs in, comes back to where they were going, and signs out, ${how}`, { javaScript }, async (operator) => {
      await operator.go('/console/messages?status=sent')
      assert.equal(operator.path(), '/console/sign-in')
      await operator.submit({ secret: password })
      assert.equal(operator.page.url(), `${server.adminURL}/console/messages?status=sent`)
      const cookie = await operator.cookie('symbolon_console')
      assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Strict', '/console'])
      await press(operator, 'button', 'Sign out')
      await operator.go('/console/identities')
      assert.equal(operator.path(), '/console/sign-in')
    })

    visit(`finds somebody, changes their traits, signs them out and deletes them, ${how}`, { javaScript }, async (operator) => {
      const person = await member()
      await signIn(operator)
      await operator.go('/console/identities')
      await operator.submit({ identifier: person.email.toUpperCase() })
      await press(operator, 'link', person.email)
      await says(operator, /poet[^]*engineer/)

      await press(operator, 'link', 'Edit')
      await operator.submit({ 'traits.age': '3' })
      await says(operator, /One thing is wrong[^]*Must be >= 18/)
      assert.equal(await operator.field('traits.age').getAttribute('aria-invalid'), 'true')
      await operator.field('lines:traits.tags').fill('mathematician\n\npoet')
      await operator.field('json:traits.meta').fill('{"since": 1842}')
      await operator.field('traits.plan').selectOption('pro')
      await operator.submit({ 'traits.name.first': '<b>Ada</b>', 'traits.age': '36' })
      await says(operator, /The traits have been saved\.[^]*<b>Ada<\/b>/)
      const { traits } = await json('GET', `${server.adminURL}/identities/${person.id}`)
      assert.deepEqual(traits, {
        email: person.email,
        name: { first: '<b>Ada</b>', last: 'Lovelace' },
        age: 36,
        plan: 'pro',
        tags: ['mathematician', 'poet'],
        meta: { since: 1842 },
      })

      assert.equal(await operator.page.getByRole('button', { name: 'Sign out the session' }).count(), 3)
      await press(operator, 'button', 'Sign out the session')
      await says(operator, /The session has been signed out\./)
      await press(operator, 'button', 'Sign out everywhere')
      await says(operator, /Not signed in anywhere\./)

      await press(operator, 'link', 'Delete this identity')
      await press(operator, 'button', 'Delete for good')
      await says(operator, /The identity has been deleted\./)
      assert.equal((await operator.go(`/console/identities/${person.id}`)).status(), 404)
    })

    visit(`reads a message as its recipient would, and sends it again, ${how}`, { javaScript }, async (operator) => {
      const person = await member()
      await givenUp(person.email)
      await signIn(operator)
      await operator.go('/console/messages?status=dead')
      await operator.submit({ recipient: person.email })
      await Promise.all([operator.page.waitForNavigation(), operator.page.locator('.list a').first().click()])
      const frame = operator.page.frameLocator('iframe')
      assert.match(await frame.locator('body').innerText(), new RegExp(person.email))
      await press(operator, 'button', 'Send it again')
      await says(operator, /The message has been queued again\./)
    })
  }
})
