// A walk past every built-in page in every state that people meet, in one language and with or without JavaScript.
import { somebody } from './server.js'

// The settings that show everything there is to show: providers to choose from, pages before links take effect, links
// at the foot.
export const settings = {
  LINK_CONFIRM: 'true',
  UI_NAME: 'Lighthouse',
  UI_TERMS_URL: '/terms',
  UI_PRIVACY_URL: '/privacy',
  SELFSERVICE_METHODS_OIDC_ENABLED: 'true',
  SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS: JSON.stringify(
    [
      ['github', 'GitHub'],
      ['acme', 'Acme Corporation'],
    ].map(([id, label]) => ({
      id,
      label,
      provider: 'generic',
      client_id: 'symbolon',
      client_secret: 'a secret',
      issuer_url: 'http://127.0.0.1:9/',
      mapper_url: 'base64://' + Buffer.from("{ identity: { traits: { email: 'nobody@example.org' } } }").toString('base64'),
    })),
  ),
}

// tour walks past all pages and looks at each: look(name) is called wherever there is something to see. The visitor has
// no cookies yet, and none at the end.
export async function tour(visitor, look) {
  const person = somebody()
  await strangers(visitor, look, person)
  await members(visitor, look, person)
  await links(visitor, look, person)
  await trouble(visitor, look)
}

async function strangers(visitor, look, person) {
  await visitor.go('/')
  await look('welcome')
  await visitor.go('/login')
  await look('login')
  await visitor.submit({ identifier: person.email, password: 'not the umbrella' })
  await look('login-rejected')
  await visitor.go('/registration')
  await look('registration')
  await visitor.submit({ 'traits.email': person.email, password: 'short' })
  await look('registration-rejected')
  await visitor.submit({ 'traits.name.first': 'Ada', 'traits.name.last': 'Lovelace', password: person.password })
}

async function members(visitor, look, person) {
  await visitor.go('/')
  await look('account')
  await visitor.go('/login')
  await look('login-known')
  await visitor.go('/self-service/login/browser?refresh=true')
  await look('login-refresh')
  await signInElsewhere(visitor.server, person)
  await visitor.go('/settings')
  await look('settings')
  await visitor.submit({ password: 'short' })
  await look('settings-rejected')
  await visitor.go('/settings')
  await press(visitor, '.rows li button')
  await look('settings-session-ended')
  await visitor.go('/logout')
  await look('logout')
  await press(visitor, 'main .button.primary')
  await look('logout-done')
}

async function links(visitor, look, person) {
  for (const kind of ['recovery', 'verification']) {
    await visitor.go(`/${kind}`)
    await look(kind)
    await visitor.submit({ email: person.email })
    await look(`${kind}-sent`)
    const link = await newestLink(visitor.server, person.email)
    await visitor.page.goto(link)
    await look(`${kind}-confirm`)
    await press(visitor, 'main form button')
    await look(kind === 'recovery' ? 'settings-recovered' : 'verification-done')
    await visitor.page.goto(link)
    await press(visitor, 'main form button')
    await look(`${kind}-used`)
  }
}

async function trouble(visitor, look) {
  await visitor.go('/error?error=stub:500')
  await look('error')
  await visitor.go('/error')
  await look('error-none')
  await visitor.go('/nowhere')
  await look('error-not-found')
  await visitor.go('/self-service/login/browser?return_to=https://elsewhere.example/')
  await look('error-return-to')
  await visitor.go('/registration/done')
  await look('registration-done')
  await visitor.go('/self-service/browser/flows/logout')
  await visitor.go('/login')
  const chosen = (await visitor.context.cookies()).filter((cookie) => cookie.name === 'symbolon_language')
  await visitor.context.clearCookies()
  await visitor.context.addCookies(chosen)
  await visitor.submit({ identifier: 'nobody@example.org', password: 'anything at all' })
  await look('error-csrf')
}

async function press(visitor, selector) {
  await Promise.all([visitor.page.waitForNavigation(), visitor.page.locator(selector).first().click()])
}

async function signInElsewhere(server, person) {
  const flow = await (await fetch(`${server.publicURL}/self-service/login/api`)).json()
  await fetch(flow.methods.password.config.action, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ identifier: person.email, password: person.password }),
  })
}

async function newestLink(server, address) {
  const list = await (await fetch(`${server.adminURL}/courier/messages`)).json()
  const { id } = list.find((message) => message.recipient === address)
  const { text } = await (await fetch(`${server.adminURL}/courier/messages/${id}`)).json()
  return text.match(/https?:\S+/)[0]
}
