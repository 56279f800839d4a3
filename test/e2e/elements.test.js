// The published React pages for v1 (the npm package @ory/elements-react), unchanged, on another origin than the server, with a
// configuration file of v26.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { appCode, authenticator, internal } from './authenticators.js'
import { Visitor, launch } from './browser.js'
import { startCatcher } from './catcher.js'
import { somebody, startServer } from './server.js'
import { visiting } from './visit.js'

const file = (name) => fileURLToPath(new URL(`elements/${name}`, import.meta.url))

let server, browser, ui, catcher
before(async () => {
  catcher = await startCatcher()
  ui = await startUI()
  const pages = ['login', 'registration', 'settings', 'recovery', 'verification', 'error'].map((kind) => [`SELFSERVICE_FLOWS_${kind.toUpperCase()}_UI_URL`, `${ui.url}/${kind}`])
  server = await startServer(
    {
      ...catcher.settings,
      ...Object.fromEntries(pages),
      SELFSERVICE_DEFAULT_BROWSER_RETURN_URL: ui.url + '/home',
      SELFSERVICE_ALLOWED_RETURN_URLS: ui.url,
      SELFSERVICE_METHODS_PASSKEY_CONFIG_RP_ORIGINS: ui.url,
      SERVE_PUBLIC_CORS_ALLOWED_ORIGINS: ui.url,
    },
    'localhost', // browsers bind keys to a domain
    undefined,
    '--dev',
    '-c',
    file('kratos.yml'),
  )
  ui.asks(server.publicURL)
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
  await catcher?.stop()
  ui?.stop()
})

// startUI serves the pages as an app of its own does.
async function startUI() {
  const { outputFiles } = await build({ entryPoints: [file('page.jsx')], bundle: true, write: false, format: 'esm', jsx: 'automatic', define: { 'process.env.NODE_ENV': '"production"' } })
  let sdk = ''
  const listener = createServer(({ url }, answer) => {
    const script = url === '/page.js'
    answer.setHeader('Content-Type', script ? 'text/javascript' : 'text/html')
    answer.end(script ? outputFiles[0].contents : `<!doctype html><html lang="en" data-sdk="${sdk}"><meta charset="utf-8"><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/page.js"></script></html>`)
  })
  await new Promise((resolve) => listener.listen(0, 'localhost', resolve))
  return {
    url: `http://localhost:${listener.address().port}`,
    asks: (url) => (sdk = url),
    stop() {
      listener.closeAllConnections()
      listener.close()
    },
  }
}

const visit = (name, steps) => visiting(name, () => Visitor.arrive(browser, server, { alsoAsks: ui.url }), steps)

// start opens a page and waits for the flow that the server leads it to.
async function start({ page }, kind) {
  await page.goto(`${ui.url}/${kind}`)
  await page.waitForURL(/flow=/)
}

// answer types into a field of codes and presses the button that sends it.
async function answer({ page }, within, code) {
  await within.locator('[name="code"], [name="totp_code"], [data-input-otp]').first().click()
  await page.keyboard.type(code)
  await within.locator('button[type="submit"]').last().click()
}

const codeIn = ({ text }) => /\b\d{6}\b/.exec(text)[0]
const group = ({ page }, name) => page.getByTestId(`ory/screen/settings/group/${name}`)

async function isSignedIn({ page }, words) {
  await page.goto(ui.url + '/home')
  await page.getByText(words).waitFor()
}

visit('registers in two steps, verifies the address, enrols an app, signs in with both and recovers the account', async (visitor) => {
  const { page } = visitor
  const person = somebody()
  await start(visitor, 'registration')
  await visitor.field('traits.email').fill(person.email)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByTestId('ory/form/auth-picker/password').click()
  await visitor.field('password').fill(person.password)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.waitForURL(/verification/)
  await answer(visitor, page, codeIn(await catcher.letter(person.email, /./)))
  await page.getByText('successfully verified').waitFor()
  await isSignedIn(visitor, `${person.email} at aal1`)

  await start(visitor, 'settings')
  const app = group(visitor, 'totp')
  const secret = await app.locator('input[type="text"]').first().inputValue()
  await answer(visitor, app, appCode(secret))
  await page.getByText('currently have an authenticator app connected').waitFor()
  await isSignedIn(visitor, `${person.email} at aal2`)
  const notice = await catcher.letter(person.email, /./)

  await visitor.context.clearCookies()
  await start(visitor, 'login')
  await visitor.field('identifier').fill(person.email)
  await visitor.field('password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in with password' }).click()
  await answer(visitor, page, appCode(secret, 1))
  await page.waitForURL(ui.url + '/home')
  await isSignedIn(visitor, `${person.email} at aal2`)

  await visitor.context.clearCookies()
  await start(visitor, 'recovery')
  await visitor.field('email').fill(person.email)
  await page.locator('button[type="submit"]').first().click()
  const mailed = await catcher.letter(person.email, /recover|account/i)
  assert.notEqual(mailed.text, notice.text)
  await answer(visitor, page, codeIn(mailed))
  await page.getByText('Authenticator').first().waitFor() // a mail alone opens no account that has a second factor
  await isSignedIn(visitor, 'refused with 403')
})

visit('signs up and in with a passkey', async (visitor) => {
  const { page } = visitor
  const person = somebody()
  await authenticator(visitor, internal)
  await start(visitor, 'registration')
  await visitor.field('traits.email').fill(person.email)
  await page.getByRole('button', { name: 'Sign up' }).click()
  await page.getByTestId('ory/form/auth-picker/passkey').click()
  await page.waitForURL(/verification|home/)
  await visitor.context.clearCookies()
  await start(visitor, 'login')
  await page.getByRole('button', { name: /passkey/i }).first().click().catch(() => {}) // the browser may offer it at once
  await page.waitForURL(ui.url + '/home')
  await isSignedIn(visitor, `${person.email} at aal1`)
})
