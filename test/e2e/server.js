// Starts the built server as an operator does: `symbolon serve` in an empty folder, its settings in the environment.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createServer as createListener } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

// The password that the breach list knows.
export const breachedPassword = 'a password known from a breach'

// startServer returns once the server is ready. settings are environment variables; stop() ends everything and fails if
// the server did not end well. With a certificate, as of certificateFor, the public listener speaks https. flags are further
// arguments of the command line.
export async function startServer(settings = {}, host = '127.0.0.1', certificate = undefined, ...flags) {
  const [publicPort, adminPort] = await freePorts()
  const publicURL = `${certificate ? 'https' : 'http'}://${host}:${publicPort}`
  const adminURL = `http://127.0.0.1:${adminPort}`
  const breaches = await startBreachList()
  const dir = await mkdtemp(join(tmpdir(), 'symbolon-e2e-'))
  const process_ = spawn(binary(), ['serve', ...flags], {
    cwd: dir,
    env: {
      SERVE_PUBLIC_PORT: publicPort,
      SERVE_PUBLIC_BASE_URL: publicURL + '/',
      SERVE_ADMIN_PORT: adminPort,
      PASSWORD_BREACH_API_URL: breaches.url,
      ...(certificate && { SERVE_PUBLIC_TLS_CERT_FILE: certificate.certFile, SERVE_PUBLIC_TLS_KEY_FILE: certificate.keyFile }),
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [process_.stdout, process_.stderr]) stream.on('data', (data) => (log += data))
  const ended = new Promise((resolve) => process_.on('exit', (code, signal) => resolve(code ?? signal)))

  await ready(adminURL, process_, () => log)
  return {
    publicURL,
    adminURL,
    log: () => log,
    async stop() {
      process_.kill('SIGTERM')
      const code = await ended
      breaches.close()
      await rm(dir, { recursive: true })
      if (code !== 0) throw new Error(`the server ended with ${code}:\n${log}`)
    },
  }
}

function binary() {
  const path = process.env.SYMBOLON_BINARY
  if (!path) throw new Error('SYMBOLON_BINARY does not name the built server: run `make e2e`')
  return path
}

async function ready(url, process_, log) {
  for (let tries = 0; tries < 200; tries++) {
    if (process_.exitCode !== null) throw new Error(`the server ended at once:\n${log()}`)
    const answer = await fetch(url + '/health/ready').catch(() => null)
    if (answer?.ok) return
    await sleep(50)
  }
  process_.kill('SIGKILL')
  throw new Error(`the server did not become ready:\n${log()}`)
}

// Two ports that nobody listens on, as text.
async function freePorts() {
  const listeners = [createListener(), createListener()]
  const ports = []
  for (const listener of listeners) {
    await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve))
    ports.push(String(listener.address().port))
  }
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))))
  return ports
}

// A list of breaches that speaks the range protocol and knows one password, so that no test needs the internet.
async function startBreachList() {
  const known = createHash('sha1').update(breachedPassword).digest('hex').toUpperCase()
  const server = createServer((request, answer) => {
    const prefix = request.url.split('/').pop().toUpperCase()
    answer.end(known.startsWith(prefix) ? `${known.slice(5)}:37\r\n` : `${'0'.repeat(35)}:1\r\n`)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

// Somebody new, different each time.
let people = 0
export function somebody() {
  return { email: `person-${process.pid}-${++people}@example.org`, password: 'a lighthouse keeper’s umbrella' }
}
