// Sites of other people on this machine: https servers that a browser reaches by any name below .test.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

// everyName leads a browser to this machine for every name below .test.
export const everyName = '--host-resolver-rules=MAP *.test 127.0.0.1'

// certificateFor makes a self-signed certificate, with the program that comes with Go.
export async function certificateFor(...names) {
  const dir = await mkdtemp(join(tmpdir(), 'symbolon-certificate-'))
  const { stdout } = await run('go', ['env', 'GOROOT'])
  await run('go', ['run', join(stdout.trim(), 'src/crypto/tls/generate_cert.go'), '--ecdsa-curve', 'P256', '--host', names.join(',')], { cwd: dir })
  return { certFile: join(dir, 'cert.pem'), keyFile: join(dir, 'key.pem'), remove: () => rm(dir, { recursive: true }) }
}

// startSite serves pages that tests put there, under every host name alike.
export async function startSite(certificate) {
  const pages = new Map()
  const server = createServer({ cert: await readFile(certificate.certFile), key: await readFile(certificate.keyFile) }, (request, answer) => {
    const page = pages.get(request.url)
    answer.writeHead(page ? 200 : 404, { 'Content-Type': 'text/html; charset=utf-8', ...(page && { 'Set-Cookie': page.cookies }) })
    answer.end(page?.html ?? '')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const put = (host, page) => {
    const path = `/${pages.size + 1}`
    pages.set(path, { html: '', cookies: [], ...page })
    return `https://${host}:${server.address().port}${path}`
  }
  return {
    // posting is a page that sends a form at once. An object is a form of these fields, a text the body of text/plain.
    posting(host, action, body = {}) {
      const field = (name, value) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`
      const [type, fields] =
        typeof body === 'string' ? ['text/plain', field(body, '')] : ['application/x-www-form-urlencoded', Object.entries(body).map(([n, v]) => field(n, v)).join('')]
      return put(host, { html: `<form method="post" enctype="${type}" action="${escape(action)}">${fields}</form><script>document.forms[0].submit()</script>` })
    },
    // leading is a page that leads on at once, as a link does.
    leading: (host, to) => put(host, { html: `<script>location.href = ${JSON.stringify(to)}</script>` }),
    // setting is a page that sets cookies.
    setting: (host, cookies) => put(host, { html: 'cookies', cookies }),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
