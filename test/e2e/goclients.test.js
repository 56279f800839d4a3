// The published Go clients for v1, unchanged: the journeys of testdata/clients, against the built server with a configuration file of v26.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCatcher } from './catcher.js'
import { startServer } from './server.js'

let server, catcher, post
before(async () => {
  catcher = await startCatcher()
  post = await startPost()
  server = await startServer({ ...catcher.settings, FEATURE_FLAGS_USE_CONTINUE_WITH_TRANSITIONS: 'true' }, 'localhost', undefined, '--dev', '-c', fileURLToPath(new URL('elements/kratos.yml', import.meta.url)))
})
after(async () => {
  await server?.stop()
  await catcher?.stop()
  post?.stop()
})

// startPost hands out the mail that the catcher is given.
async function startPost() {
  const listener = createServer(async ({ url }, answer) => {
    const asked = new URL(url, 'http://post').searchParams
    const { text } = await catcher.letter(asked.get('to'), new RegExp(asked.get('subject'), 'i')).catch((error) => ({ text: error.message }))
    answer.end(text)
  })
  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${listener.address().port}/`,
    stop() {
      listener.closeAllConnections()
      listener.close()
    },
  }
}

for (const [client, file] of [['client-go', 'go.mod'], ['kratos-client-go', 'kratos.mod']]) {
  test(`github.com/ory/${client}`, async () => {
    const env = { ...process.env, PUBLIC_URL: server.publicURL, ADMIN_URL: server.adminURL, MAIL_URL: post.url }
    const said = await new Promise((resolve) => {
      const options = { cwd: fileURLToPath(new URL('testdata/clients', import.meta.url)), env }
      execFile('go', ['test', '-count=1', `-modfile=${file}`, '.'], options, (error, out, err) => resolve(`${error ? `${error.message}\n` : ''}${out}${err}`))
    })
    assert.match(said, /^ok\s/, said)
  })
}
