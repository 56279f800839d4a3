// A real SMTP server (the npm package smtp-server) that keeps the mail it is given, so that tests can read it.
import { simpleParser } from 'mailparser'
import { SMTPServer } from 'smtp-server'

const account = { user: 'symbolon', pass: 'a secret of the mail server' }

// startCatcher listens with STARTTLS and asks for a password, as mail servers do.
export async function startCatcher() {
  const letters = [] // that nobody has asked for
  const waiting = [] // for a letter
  const server = new SMTPServer({
    authMethods: ['PLAIN'],
    onAuth: ({ username, password }, _, done) =>
      username === account.user && password === account.pass ? done(null, { user: username }) : done(new Error('wrong user name or password')),
    onData(stream, session, done) {
      simpleParser(stream).then((letter) => {
        deliver({ ...letter, recipients: session.envelope.rcptTo.map(({ address }) => address), encrypted: session.secure })
        done()
      }, done)
    },
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))

  function deliver(letter) {
    const reader = waiting.findIndex(({ wanted }) => wanted(letter))
    if (reader < 0) letters.push(letter)
    else waiting.splice(reader, 1)[0].resolve(letter)
  }
  return {
    // What the server needs to know to send here. The certificate is made up.
    settings: {
      COURIER_SMTP_CONNECTION_URI: `smtp://${account.user}:${encodeURIComponent(account.pass)}@127.0.0.1:${server.server.address().port}/?skip_ssl_verify=true`,
    },
    // letter takes the first letter to an address whose subject matches, or waits for it for five seconds.
    letter(address, subject) {
      const wanted = (letter) => letter.recipients.includes(address) && subject.test(letter.subject)
      const kept = letters.findIndex(wanted)
      if (kept >= 0) return Promise.resolve(letters.splice(kept, 1)[0])
      return new Promise((resolve, reject) => {
        const patience = setTimeout(() => reject(new Error(`no letter to ${address} about ${subject}`)), 15000)
        waiting.push({
          wanted,
          resolve(letter) {
            clearTimeout(patience)
            resolve(letter)
          },
        })
      })
    },
    // lettersTo are those that nobody has taken.
    lettersTo: (address) => letters.filter(({ recipients }) => recipients.includes(address)).map(({ subject }) => subject),
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}

// linkIn returns the link of a letter, which its text and its HTML must share.
export function linkIn({ text, html }) {
  const link = /https?:\S+token=\S+/.exec(text)[0]
  if (!html.includes(link.replaceAll('&', '&amp;'))) throw new Error(`${link} is not in ${html}`)
  return link
}
