// A certified OpenID provider, the npm package oidc-provider, on this machine. Whoever signs in there is who they say.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Provider } from 'oidc-provider'

const client = { client_id: 'symbolon', client_secret: 'a secret between the two' }

// The claims become traits, those that there are.
const mapper = `
local claims = std.extVar('claims');
{ identity: { traits: { [if 'email' in claims then 'email']: claims.email } } }
`

export async function startProvider() {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const accounts = new Map()
  const dir = await mkdtemp(join(tmpdir(), 'symbolon-provider-'))
  await writeFile(join(dir, 'mapper.jsonnet'), mapper)
  let listener

  return {
    url,
    // settings are those of a server that people sign in to with this provider. trusted is the same provider once more,
    // with the right to link by address.
    settings() {
      const entry = (id, more) => ({
        id,
        provider: 'generic',
        ...client,
        issuer_url: url,
        mapper_url: `file://${dir}/mapper.jsonnet`,
        scope: ['email', 'profile'],
        ...more,
      })
      return {
        SELFSERVICE_METHODS_OIDC_ENABLED: 'true',
        SELFSERVICE_METHODS_OIDC_CONFIG_PROVIDERS: JSON.stringify([
          entry('acme', { label: 'Acme' }),
          entry('trusted', { label: 'Trusted', auto_link: 'verified_email' }),
        ]),
      }
    },
    // serves registers the server with the provider.
    serves(...publicURLs) {
      listener?.close()
      listener?.closeAllConnections()
      const provider = new Provider(url, {
        clients: [
          {
            ...client,
            redirect_uris: publicURLs.flatMap((u) => ['acme', 'trusted'].map((id) => `${u}/self-service/methods/oidc/callback/${id}`)),
          },
        ],
        claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['given_name', 'name'] },
        conformIdTokenClaims: false, // the claims are in the id_token
        findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) }),
        cookies: { keys: ['a key of the tests'] },
        pkce: { required: () => true },
      })
      listener = provider.listen(port, '127.0.0.1')
    },
    // account makes somebody at the provider and returns the name that they sign in with there.
    account(claims) {
      const name = `subject-${accounts.size + 1}`
      accounts.set(name, claims)
      return name
    },
    claims: (name) => accounts.get(name),
    async stop() {
      listener?.closeAllConnections()
      listener?.close()
      await rm(dir, { recursive: true })
    },
  }
}

async function freePort() {
  const listener = createServer()
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve))
  const { port } = listener.address()
  await new Promise((resolve) => listener.close(resolve))
  return port
}
