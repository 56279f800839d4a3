// A browser with what the tests of pages need: accessibility checks, screenshots, and ears for what goes wrong in it.
import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium } from 'playwright-core'

const folder = process.env.SCREENSHOTS
const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

// launch starts Chromium. more are further arguments of its command line.
export function launch(...more) {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox', // tests may run as root
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  })
}

// Visitor is one person's browser: its cookies, one page, and everything that was wrong on the way.
export class Visitor {
  static async arrive(browser, server, { javaScript = true, alsoAsks, locale = 'en' } = {}) {
    const context = await browser.newContext({ javaScriptEnabled: javaScript, locale, ignoreHTTPSErrors: true })
    context.setDefaultTimeout(15000) // a busy machine is slow; a test that waits for this long has failed
    // The pages of the provider want a font from elsewhere.
    if (alsoAsks) await context.route(/^https:\/\/fonts\./, (route) => route.fulfill({ contentType: 'text/css', body: '' }))
    const page = await context.newPage()
    return new Visitor(context, page, server, javaScript, alsoAsks)
  }

  // alsoAsks is another site that the visitor may be sent to.
  constructor(context, page, server, javaScript, alsoAsks) {
    Object.assign(this, { context, page, server, javaScript, complaints: [] })
    page.on('pageerror', (error) => this.complaints.push(`script: ${error}`))
    page.on('request', (request) => {
      const sites = alsoAsks ? [server.publicURL, alsoAsks, 'https://fonts.'] : [server.publicURL]
      if (!sites.some((site) => request.url().startsWith(site))) this.complaints.push(`asked for ${request.url()}`)
    })
    page.on('response', (response) => {
      if (response.status() >= 500) this.complaints.push(`${response.status()} from ${response.url()}`)
    })
    // Such as what the content security policy stopped. Pages that are errors by status say so as well: not our concern.
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) this.complaints.push(`console: ${message.text()}`)
    })
  }

  async leave() {
    await this.context.close()
    assert.deepEqual(this.complaints, [])
  }

  go(path) {
    return this.page.goto(this.server.publicURL + path)
  }

  path() {
    return new URL(this.page.url()).pathname
  }

  flow() {
    return new URL(this.page.url()).searchParams.get('flow')
  }

  field(name) {
    return this.page.locator(`[name="${name}"]`)
  }

  // fill writes into fields by name and sends the form as the Enter key does.
  async submit(fields) {
    for (const [name, value] of Object.entries(fields)) await this.field(name).fill(value)
    const last = Object.keys(fields).at(-1)
    await Promise.all([this.page.waitForNavigation(), this.field(last).press('Enter')])
  }

  text() {
    return this.page.locator('body').innerText()
  }

  async cookie(name) {
    return (await this.context.cookies()).find((cookie) => cookie.name === name)
  }

  // look checks what any page must be, and keeps a picture of it: accessible by the rules of WCAG 2.2 AA in light and
  // dark, named, in a language, and readable on a telephone without scrolling sideways.
  async look(name) {
    const { page } = this
    assert.notEqual(await page.title(), '', `${name} has no title`)
    assert.ok(await page.locator('html').getAttribute('lang'), `${name} has no language`)
    assert.equal(await page.locator('h1').count(), 1, `${name} has not one heading`)
    if (this.javaScript) await this.isAccessible(name)
    const usual = page.viewportSize()
    await page.setViewportSize({ width: 320, height: 640 })
    const excess = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    assert.ok(excess <= 0, `${name} is ${excess} pixels too wide for a telephone`)
    await this.picture(`${name}-narrow`)
    await page.setViewportSize(usual)
    await this.picture(name)
  }

  // isAccessible asks axe, in both schemes unless told otherwise.
  async isAccessible(name, schemes = ['dark', 'light']) {
    const { page } = this
    for (const colorScheme of schemes) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const { violations } = await new AxeBuilder({ page }).withTags(rules).analyze()
      const found = violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((node) => node.html).join(' ')}`)
      assert.deepEqual(found, [], `${name} is not accessible when ${colorScheme}`)
    }
  }

  async picture(name) {
    if (!folder) return
    await mkdir(folder, { recursive: true })
    await this.page.screenshot({ path: join(folder, `${name}${this.javaScript ? '' : '-no-javascript'}.png`), fullPage: true })
  }
}
