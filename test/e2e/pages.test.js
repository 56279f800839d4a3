// The built-in pages in a real browser, with JavaScript and without.
import assert from 'node:assert/strict'
import { after, before, describe } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Visitor, launch } from './browser.js'
import { breachedPassword, somebody, startServer } from './server.js'
import { visiting } from './visit.js'

let server, browser
before(async () => {
  server = await startServer()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

// visit runs a test as a visitor who arrives without any cookie.
const visit = (name, options, steps) =>
  visiting(name, () => Visitor.arrive(browser, options.server?.() ?? server, options), steps)

async function register(visitor, person) {
  await visitor.go('/self-service/registration/browser')
  await visitor.submit({ 'traits.email': person.email, password: person.password })
}

async function logOut(visitor) {
  const out = visitor.page.getByRole('link', { name: /(log|sign) ?out/i }).or(visitor.page.getByRole('button', { name: /(log|sign) ?out/i }))
  await Promise.all([visitor.page.waitForNavigation(), out.first().click()])
}

async function isSignedIn(visitor, person) {
  await visitor.go('/')
  return (await visitor.text()).includes(person.email)
}

for (const javaScript of [true, false]) {
  describe(javaScript ? 'with JavaScript' : 'without JavaScript', () => {
    const options = { javaScript }

    visit('a newcomer registers, is known, signs out and signs in again', options, async (visitor) => {
      const person = somebody()
      await visitor.go('/')
      await visitor.look('welcome-signed-out')
      const signUp = visitor.page.locator('a[href*="registration"]').first()
      await Promise.all([visitor.page.waitForNavigation(), signUp.click()])
      assert.equal(visitor.path(), '/registration')
      assert.ok(visitor.flow())
      await visitor.look('registration')

      await visitor.submit({ 'traits.email': person.email, password: 'short' })
      assert.equal(visitor.path(), '/registration')
      assert.match(await visitor.text(), /password/i)
      assert.equal(await visitor.field('traits.email').inputValue(), person.email)
      assert.equal(await visitor.field('password').inputValue(), '')
      assert.equal(await visitor.field('password').getAttribute('aria-invalid'), 'true')
      await visitor.look('registration-unfit-password')

      await visitor.submit({ password: breachedPassword })
      assert.equal(visitor.path(), '/registration')
      assert.match(await visitor.text(), /breach/i)

      await visitor.submit({ password: person.password })
      assert.equal(visitor.path(), '/')
      assert.match(await visitor.text(), new RegExp(person.email))
      await visitor.look('welcome-signed-in')
      const cookie = await visitor.cookie('ory_kratos_session')
      assert.equal(cookie.httpOnly, true)
      assert.equal(cookie.sameSite, 'Lax')

      await logOut(visitor)
      assert.equal(await visitor.cookie('ory_kratos_session'), undefined)
      assert.equal(await isSignedIn(visitor, person), false)

      const signIn = visitor.page.locator('a[href*="login"]').first()
      await Promise.all([visitor.page.waitForNavigation(), signIn.click()])
      assert.equal(visitor.path(), '/login')
      await visitor.look('login')
      await visitor.submit({ identifier: person.email, password: 'not the umbrella' })
      assert.equal(visitor.path(), '/login')
      assert.match(await visitor.text(), /do not match an account/)
      assert.equal(await visitor.field('identifier').inputValue(), person.email)
      await visitor.look('login-wrong')
      await visitor.submit({ password: person.password })
      assert.equal(await isSignedIn(visitor, person), true)
    })

    visit('an address that is taken is said to be', options, async (visitor) => {
      const person = somebody()
      await register(visitor, person)
      await visitor.context.clearCookies()
      await register(visitor, person)
      assert.equal(visitor.path(), '/registration')
      assert.match(await visitor.text(), /There is an account with these details/)
      await visitor.look('registration-taken')
    })

    for (const kind of ['login', 'registration']) {
      visit(`the ${kind} page without a flow starts one`, options, async (visitor) => {
        await visitor.go(`/${kind}`)
        assert.equal(visitor.path(), `/${kind}`)
        assert.ok(visitor.flow())
        await visitor.field('password').waitFor()
      })

      visit(`the ${kind} page with an unknown flow starts a fresh one`, options, async (visitor) => {
        const unknown = '5f7d9b2c-0d5a-4c5b-9d0e-3a3f6f0e7a11'
        for (const id of [unknown, 'nonsense']) {
          await visitor.go(`/${kind}?flow=${id}`)
          assert.equal(visitor.path(), `/${kind}`)
          assert.ok(visitor.flow() && visitor.flow() !== id)
          await visitor.field('password').waitFor()
        }
      })
    }

    visit('who comes by localhost signs up where the cookies work', { ...options, alsoAsks: 'http://localhost:' }, async (visitor) => {
      const person = somebody()
      await visitor.page.goto(server.publicURL.replace('127.0.0.1', 'localhost') + '/self-service/registration/browser')
      assert.equal(new URL(visitor.page.url()).origin, new URL(server.publicURL).origin)
      await visitor.submit({ 'traits.email': person.email, password: person.password })
      assert.ok(await isSignedIn(visitor, person))
    })

    visit('a page whose cookie was cleared starts again', options, async (visitor) => {
      await visitor.go('/self-service/login/browser')
      const before = visitor.flow()
      await visitor.context.clearCookies()
      await visitor.page.reload()
      assert.equal(visitor.path(), '/login')
      assert.notEqual(visitor.flow(), before)
      await visitor.submit({ identifier: 'nobody@example.org', password: 'anything at all' })
      assert.equal(visitor.path(), '/login')
    })

    visit('the form of somebody else is refused, and the error page says so', options, async (visitor) => {
      await visitor.go('/self-service/login/browser')
      await visitor.context.clearCookies()
      await visitor.submit({ identifier: 'nobody@example.org', password: 'anything at all' })
      assert.equal(visitor.path(), '/error')
      assert.match(await visitor.text(), /csrf|cookie|security|forbidden|again/i)
      await visitor.look('error-csrf')
    })

    visit('nobody is sent to a place that is not allowed', options, async (visitor) => {
      await visitor.go('/self-service/login/browser?return_to=https://elsewhere.example/')
      assert.equal(visitor.path(), '/error')
      assert.match(await visitor.text(), /elsewhere\.example/)
    })

    visit('the error page shows an error', options, async (visitor) => {
      await visitor.go('/error?error=stub:500')
      await visitor.look('error')
      await visitor.go('/error?error=5f7d9b2c-0d5a-4c5b-9d0e-3a3f6f0e7a11')
      await visitor.look('error-unknown')
      await visitor.go('/error')
      await visitor.look('error-none')
    })

    visit('recovery and verification pages show their forms', options, async (visitor) => {
      for (const kind of ['recovery', 'verification']) {
        await visitor.go(`/${kind}`)
        assert.equal(visitor.path(), `/${kind}`)
        await visitor.field('email').waitFor()
        await visitor.look(kind)
      }
    })

    visit('the settings page is for those who are signed in', options, async (visitor) => {
      const person = somebody()
      await visitor.go('/settings')
      assert.equal(visitor.path(), '/login')
      await register(visitor, person)
      await visitor.go('/settings')
      assert.equal(visitor.path(), '/settings')
      await visitor.look('settings')
    })

    visit('what was typed is shown as text, never as markup', options, async (visitor) => {
      const nasty = '"><script>document.title="owned"</script>'
      await visitor.go('/self-service/login/browser')
      await visitor.submit({ identifier: nasty, password: 'anything at all' })
      assert.equal(await visitor.field('identifier').inputValue(), nasty)
      assert.doesNotMatch(await visitor.page.title(), /owned/)
    })
  })
}

describe('a form', () => {
  let many
  before(async () => {
    many = await startServer({ SELFSERVICE_METHODS_CODE_ENABLED: 'true', SELFSERVICE_METHODS_CODE_PASSWORDLESS_ENABLED: 'true', SELFSERVICE_METHODS_DELETION_ENABLED: 'true' })
  })
  after(() => many.stop())
  const options = { server: () => many }

  // What is said of the field that was left must not move the button from under the pointer.
  visit('is sent by a button that is pressed right after a mistake', options, async (visitor) => {
    const { page } = visitor
    await visitor.go('/registration')
    await visitor.field('password').fill('short')
    await visitor.field('traits.email').pressSequentially('nonsense')
    await page.locator('main form button.primary').hover()
    await page.mouse.down()
    await page.mouse.up()
    assert.equal(await page.evaluate(() => document.activeElement.name), 'traits.email')
    assert.match(await visitor.text(), /Enter a complete e-mail address/)
  })

  visit('that asks for a code instead does not ask for a password, shown or not', options, async (visitor) => {
    for (const shown of [false, true]) {
      await visitor.go('/self-service/registration/browser')
      await visitor.field('traits.email').fill(somebody().email)
      if (shown) await visitor.page.locator('.secret button').click()
      await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('button[formaction]').click()])
      assert.equal(await visitor.field('code').count(), 1)
      assert.equal(await visitor.field('password').count(), 0)
      await visitor.look('registration-code')
    }
  })

  visit('says of a box that it has to be ticked, and closes the account with it', options, async (visitor) => {
    await register(visitor, somebody())
    await visitor.go('/settings')
    const form = visitor.page.locator('form:has([name="confirm"])')
    await form.locator('button.primary').click()
    assert.match(await form.innerText(), /Please tick this box/)
    await form.locator('[type="checkbox"]').check()
    assert.doesNotMatch(await form.innerText(), /Please tick this box/)
    await Promise.all([visitor.page.waitForNavigation(), form.locator('button.primary').click()])
    assert.equal(visitor.path(), '/settings/closed')
    assert.match(await visitor.page.locator('time').innerText(), /^\w+\u00a0\d+, \d+ at \d+:\d\d[\u00a0\u202f][AP]M$/) // the visitor's own time, broken between date and time
    await visitor.look('settings-closed')
  })
})

describe('a flow that has expired', () => {
  let hasty
  before(async () => {
    hasty = await startServer({ SELFSERVICE_FLOWS_LOGIN_LIFESPAN: '1s' })
  })
  after(() => hasty.stop())

  visit('is replaced by a fresh one, by loading or by sending it', { server: () => hasty }, async (visitor) => {
    await visitor.go('/login')
    const first = visitor.flow()
    await sleep(1100)
    await visitor.page.reload()
    assert.equal(visitor.path(), '/login')
    assert.notEqual(visitor.flow(), first)

    const second = visitor.flow()
    await sleep(1100)
    await visitor.submit({ identifier: 'nobody@example.org', password: 'anything at all' })
    assert.equal(visitor.path(), '/login')
    assert.notEqual(visitor.flow(), second)
    assert.match(await visitor.text(), /expired/)
    await visitor.look('login-expired')
  })
})
