// How the tests of pages run.
import { test } from 'node:test'

// visiting runs a test as a visitor who arrives without any cookie. What they see when it fails is in the error and in a picture.
export function visiting(name, arrive, steps) {
  test(name, async () => {
    const visitor = await arrive()
    try {
      await steps(visitor)
    } catch (error) {
      await visitor.picture(`failed-${name.replace(/\W+/g, '-')}`)
      const where = `${error.message}\nat ${visitor.page.url()}, which shows:\n${await visitor.text()}\n${visitor.complaints.join('\n')}`
      await visitor.context.close()
      throw new Error(where, { cause: error })
    }
    await visitor.leave()
  })
}
