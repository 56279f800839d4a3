// A single-page app of the package @ory/elements-react: its pages for each kind of flow, and one that says who is signed in.
import { createRoot } from 'react-dom/client'
import { Configuration, FrontendApi, handleFlowError } from '@ory/client-fetch'
import { SessionProvider } from '@ory/elements-react/client'
import { Login, Recovery, Registration, Settings, Verification } from '@ory/elements-react/theme'

const sdk = document.documentElement.dataset.sdk
const own = (path) => location.origin + path
const api = new FrontendApi(new Configuration({ basePath: sdk, credentials: 'include', headers: { Accept: 'application/json' } }))
const config = {
  sdk: { url: sdk, options: { credentials: 'include' } },
  project: {
    name: 'Shop', default_locale: 'en', locale_behavior: 'force_default', default_redirect_url: own('/home'), error_ui_url: own('/error'),
    registration_enabled: true, verification_enabled: true, recovery_enabled: true, login_ui_url: own('/login'), registration_ui_url: own('/registration'),
    settings_ui_url: own('/settings'), recovery_ui_url: own('/recovery'), verification_ui_url: own('/verification'),
  },
}
const pages = {
  login: [Login, 'getLoginFlow'],
  registration: [Registration, 'getRegistrationFlow'],
  settings: [Settings, 'getSettingsFlow'],
  recovery: [Recovery, 'getRecoveryFlow'],
  verification: [Verification, 'getVerificationFlow'],
}

const kind = location.pathname.slice(1)
const go = (url) => location.assign(url)
const say = (text) => document.body.append(text)

async function show([Page, get]) {
  const restart = () => go(`${sdk}/self-service/${kind}/browser`)
  const id = new URLSearchParams(location.search).get('flow')
  if (!id) return restart()
  const flow = await api[get]({ id }).catch(handleFlowError({ onRestartFlow: restart, onRedirect: go, onValidationError: say }))
  if (flow) createRoot(document.getElementById('root')).render(<SessionProvider baseUrl={sdk}><Page flow={flow} config={config} /></SessionProvider>)
}

async function greet() {
  const session = await api.toSession().catch(({ response }) => response.status)
  say(session.identity ? `${session.identity.traits.email} at ${session.authenticator_assurance_level}` : `refused with ${session}`)
}

if (pages[kind]) show(pages[kind])
else greet()
