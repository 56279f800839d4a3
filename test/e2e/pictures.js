// Draws the pictures of the built-in pages in docs/images. `make pictures` runs it; whoever changes how pages look does.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Visitor, launch } from './browser.js'
import { startProvider } from './provider.js'
import { startServer } from './server.js'
import { settings } from './tour.js'

const folder = new URL('../../docs/images/', import.meta.url).pathname
const desk = { width: 1200, height: 760 }
const telephone = { width: 375, height: 700 }

const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 36"><path fill="#ffd166" d="M18 3l4 11 11-3-8 8 8 8-11-3-4 11-4-11-11 3 8-8-8-8 11 3z"/>
<text x="42" y="25" font-family="Verdana,DejaVu Sans,sans-serif" font-size="19" font-weight="700" fill="#fff">Starfish</text></svg>`

const dir = await mkdtemp(join(tmpdir(), 'symbolon-pictures-'))
await writeFile(join(dir, 'logo.svg'), logo)
const plain = await startServer({ ...settings, UI_NAME: 'Symbolon' })
const themed = await startServer({
  ...settings,
  UI_NAME: 'Starfish',
  UI_LOGO: `file://${join(dir, 'logo.svg')}`,
  UI_ACCENT: '#5b3cc4',
  UI_RADIUS: '1.5rem',
})
const browser = await launch()

// draw takes a picture of what the steps lead to.
async function draw(server, { locale = 'en', scheme = 'light', size = desk, file, alsoAsks }, steps) {
  const visitor = await Visitor.arrive(browser, server, { locale, alsoAsks })
  await visitor.page.setViewportSize(size)
  await visitor.page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' })
  await steps(visitor)
  const picture = await visitor.page.screenshot(file && { path: join(folder, file) })
  await visitor.context.close()
  return picture
}

const person = { 'traits.email': 'ada@example.org', 'traits.name.first': 'Ada', 'traits.name.last': 'Lovelace', password: 'a lighthouse keeper’s umbrella' }

await draw(plain, { file: 'pages-login.png' }, (visitor) => visitor.go('/login'))
await draw(plain, { file: 'pages-settings-dark.png', scheme: 'dark' }, async (visitor) => {
  await visitor.go('/registration')
  await visitor.submit(person)
  await visitor.go('/settings')
})
await draw(themed, { file: 'pages-theme.png', locale: 'fr' }, (visitor) => visitor.go('/login'))

// A person whose address is taken signs up with a provider.
const provider = await startProvider()
const connected = await startServer({ ...provider.settings(), UI_NAME: 'Symbolon' })
provider.serves(connected.publicURL)
const press = (visitor, selector) => Promise.all([visitor.page.waitForNavigation(), visitor.page.locator(selector).first().click()])
await draw(connected, { file: 'registration-conflict.png', alsoAsks: provider.url }, async (visitor) => {
  await visitor.go('/registration')
  await visitor.submit(person)
  await visitor.context.clearCookies()
  await visitor.go('/registration')
  await press(visitor, 'button[name="provider"][value="acme"]')
  await visitor.submit({ login: provider.account({ email: person['traits.email'], email_verified: true }), password: 'any' })
  await press(visitor, 'button[type="submit"]')
})
await connected.stop()
await provider.stop()

// The console of a busy day is drawn as its golden file has it: a day takes a day.
const golden = new URL('../../internal/console/', import.meta.url).pathname
const kit = new URL('../../internal/pagekit/static/', import.meta.url).pathname
const sheets = [kit + 'tokens.css', kit + 'base.css', kit + 'admin.css', golden + 'static/console.css']
const style = (await Promise.all(sheets.map((path) => readFile(path, 'utf8')))).join('')
const kinds = { svg: 'image/svg+xml', woff2: 'font/woff2' }
await draw({ publicURL: 'http://console.localhost' }, { file: 'console-overview.png', size: { width: 1200, height: 1010 } }, async (visitor) => {
  await visitor.page.route('**/*', (route) => {
    const name = new URL(route.request().url()).pathname.split('/').at(-1)
    const contentType = kinds[name.split('.').at(-1)]
    if (name.endsWith('.css')) return route.fulfill({ body: style, contentType: 'text/css' })
    return route.fulfill(contentType ? { path: kit + name, contentType } : { path: golden + 'testdata/overview.html', contentType: 'text/html' })
  })
  await visitor.go('/console')
})
const administered = await startServer({ UI_NAME: 'Symbolon', COURIER_SMTP_CONNECTION_URI: 'smtp://127.0.0.1:9/', COURIER_MAX_TRIES: '1' })
await draw(administered, {}, async (visitor) => {
  await visitor.go('/registration')
  await visitor.submit(person)
})
const found = async (path) => (await fetch(administered.adminURL + path)).json()
const [{ id }] = await found('/identities')
let given = []
while (!given.length) given = await found('/courier/messages?status=dead')
const consoleOf = { publicURL: administered.adminURL }
await draw(consoleOf, { file: 'console-identity-dark.png', scheme: 'dark', size: { width: 1200, height: 715 } }, (visitor) => visitor.go(`/console/identities/${id}`))
await draw(consoleOf, { file: 'console-message.png', size: { width: 1200, height: 1000 } }, (visitor) => visitor.go(`/console/messages/${given[0].id}`))
await administered.stop()

const telephones = [
  await draw(plain, { size: telephone, locale: 'de' }, async (visitor) => {
    await visitor.go('/registration')
    await visitor.field('traits.email').fill('grete@example.org')
    await visitor.field('password').fill('Leiter Tomate 9 Himmel')
  }),
  await draw(plain, { size: telephone, locale: 'ar', scheme: 'dark' }, (visitor) => visitor.go('/login')),
  await draw(plain, { size: telephone, locale: 'es' }, async (visitor) => {
    await visitor.go('/login')
    await visitor.submit({ identifier: 'ada@example.org', password: 'not the umbrella' })
  }),
  await draw(themed, { size: telephone, locale: 'tr', scheme: 'dark' }, async (visitor) => {
    await visitor.go('/recovery')
    await visitor.submit({ email: 'ada@example.org' })
  }),
]
const page = await browser.newPage({ viewport: { width: 4 * 300 + 3 * 16, height: 560 } })
const images = telephones.map((png) => `<img width="300" src="data:image/png;base64,${png.toString('base64')}">`)
await page.setContent(`<body style="margin:0;display:flex;gap:16px;background:#fff">${images.join('')}`)
await page.screenshot({ path: join(folder, 'pages-phones.png') })

await browser.close()
await plain.stop()
await themed.stop()
await rm(dir, { recursive: true })
