// Every built-in page as it looks: in the languages, light and dark, from a telephone to a desk, with JavaScript and
// without. The short form looks at all pages in three languages and at one page in each other language; APPEARANCE=full
// (make soak) looks at all pages in all of them.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { Visitor, launch } from './browser.js'
import { fits } from './fits.js'
import { startServer } from './server.js'
import { settings, tour } from './tour.js'
import { visiting } from './visit.js'

const full = process.env.APPEARANCE === 'full'
const languages = ['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'pl', 'tr', 'ja', 'zh-Hans', 'ar']

let server, browser
before(async () => {
  server = await startServer(settings)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

// visit runs a test as a visitor whose browser asks for a language.
const visit = (name, language, { javaScript = true } = {}, steps) =>
  visiting(name, () => Visitor.arrive(browser, server, { javaScript, locale: language }), steps)

async function isIn(visitor, language, name) {
  const root = visitor.page.locator('html')
  assert.equal(await root.getAttribute('lang'), language, `${name} is in another language`)
  assert.equal(await root.getAttribute('dir'), language === 'ar' ? 'rtl' : 'ltr')
  const text = await visitor.text()
  assert.doesNotMatch(text, /\{[a-z]+[}:]|<nil>|undefined|NaN/, `${name} is not filled in`)
}

describe('every page', () => {
  for (const language of full ? languages : ['en', 'ar']) {
    visit(`is accessible and fits in ${language}`, language, {}, async (visitor) => {
      await tour(visitor, async (page) => {
        const name = `${language}-${page}`
        await isIn(visitor, language, name)
        await fits(visitor, name)
        await visitor.isAccessible(name)
      })
    })
  }
  for (const language of full ? ['en', 'de', 'ar'] : ['de']) {
    visit(`works and fits without JavaScript in ${language}`, language, { javaScript: false }, async (visitor) => {
      await tour(visitor, async (page) => {
        await isIn(visitor, language, page)
        await fits(visitor, `${language}-${page}`)
      })
    })
  }
})

describe('one page', () => {
  for (const language of full ? [] : languages) {
    visit(`is accessible and fits in ${language}`, language, {}, async (visitor) => {
      await visitor.go('/registration')
      await isIn(visitor, language, 'registration')
      await fits(visitor, `${language}-one`)
      await visitor.isAccessible(language)
    })
  }
})

describe('a language', () => {
  for (const javaScript of [true, false]) {
    visit(`is picked at the foot of a page and kept, JavaScript ${javaScript}`, 'fr', { javaScript }, async (visitor) => {
      await visitor.go('/login')
      const flow = visitor.flow()
      await isIn(visitor, 'fr', 'login')
      await visitor.page.locator('.languages summary').click()
      await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator('.languages a[hreflang=ar]').click()])
      await isIn(visitor, 'ar', 'login')
      assert.equal(visitor.flow(), flow)
      await visitor.submit({ identifier: 'nobody@example.org', password: 'anything at all' })
      await isIn(visitor, 'ar', 'login that was refused')
      await visitor.go('/recovery')
      await isIn(visitor, 'ar', 'recovery')
    })
  }
})

describe('the script', () => {
  visit('shows a password, judges it and hides it again before it is sent', 'en', {}, async (visitor) => {
    await visitor.go('/registration')
    const password = visitor.field('password')
    const meter = visitor.page.locator('.strength')
    await visitor.field('traits.email').fill('ada.lovelace@example.org')
    for (const [word, says] of [
      ['abc', 'Easy to guess'],
      ['aaaaaaaaaaaa', 'Easy to guess'],
      ['ada.lovelace1', 'Too close to your e-mail address or name.'],
      ['correct horse 1 battery', 'Hard to guess'],
    ]) {
      await password.fill(word)
      assert.equal(await meter.textContent(), says, word)
    }
    assert.equal(await password.getAttribute('type'), 'password')
    await visitor.page.getByRole('button', { name: 'Show password' }).click()
    assert.equal(await password.getAttribute('type'), 'text')
    await visitor.isAccessible('a password that is shown')
    await visitor.page.getByRole('button', { name: 'Hide password' }).click()
    assert.equal(await password.getAttribute('type'), 'password')
  })

  visit('says beside a field what is wrong with it, and no longer when it is not', 'en', {}, async (visitor) => {
    await visitor.go('/registration')
    const email = visitor.field('traits.email')
    await email.fill('ada')
    await visitor.field('password').focus()
    assert.equal(await email.getAttribute('aria-invalid'), 'true')
    const described = await email.getAttribute('aria-describedby')
    assert.match(await visitor.page.locator('#' + described).textContent(), /complete e-mail address/)
    await visitor.isAccessible('a field that is wrong')
    await email.fill('ada@example.org')
    assert.equal(await email.getAttribute('aria-invalid'), null)
    await visitor.page.locator('form[id=form-password] button.primary').click()
    assert.equal(await visitor.field('password').getAttribute('aria-invalid'), 'true')
    assert.equal(await visitor.field('password').evaluate((input) => input === document.activeElement), true)
  })

  visit('writes times in the zone of the reader', 'en', {}, async (visitor) => {
    await visitor.go('/registration')
    await visitor.submit({ 'traits.email': `zone-${process.pid}@example.org`, password: 'a lighthouse keeper’s umbrella' })
    await visitor.go('/')
    assert.doesNotMatch(await visitor.page.locator('time').first().textContent(), /UTC/)
  })
})

describe('the keyboard', () => {
  for (const language of ['en', 'ar']) {
    visit(`reaches everything in the order of reading, and shows where it is, in ${language}`, language, {}, async (visitor) => {
      await visitor.go('/login')
      const seen = []
      // The first field has the focus; the walk starts before it.
      assert.equal(await visitor.page.evaluate(() => document.activeElement.name), 'identifier')
      await visitor.page.keyboard.press('Shift+Tab')
      await visitor.page.keyboard.press('Shift+Tab')
      for (let i = 0; i < 20; i++) {
        await visitor.page.keyboard.press('Tab')
        const at = await visitor.page.evaluate(() => {
          const element = document.activeElement
          if (element === document.body) return null
          const style = getComputedStyle(element)
          return { what: element.name || element.className || element.tagName, ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 }
        })
        if (!at) break
        assert.ok(at.ring, `${at.what} does not show that it has the focus`)
        seen.push(at.what)
      }
      // Tab leads from the address to the password; the link for a forgotten one comes after it.
      assert.deepEqual(seen.slice(0, 5), ['brand', 'identifier', 'password', 'BUTTON', 'aside'])
      assert.ok(seen.length >= 9, `only ${seen.join(', ')} are reached`)
    })
  }
})

describe('a theme', () => {
  let themed
  before(async () => {
    themed = await startServer({ UI_NAME: 'Sunflower', UI_ACCENT: '#ffcc00', UI_RADIUS: '0', UI_COLOR_SCHEME: 'auto' })
  })
  after(() => themed.stop())

  test('of any accent is accessible in both schemes', async () => {
    const visitor = await Visitor.arrive(browser, themed)
    for (const path of ['/', '/login', '/registration', '/error']) {
      await visitor.go(path)
      await visitor.isAccessible(`themed ${path}`)
    }
    await visitor.picture('themed')
    await visitor.leave()
  })
})
