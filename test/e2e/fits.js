// Whether a page fits the windows that people have.
import assert from 'node:assert/strict'

export const widths = [375, 768, 1440]
const schemes = ['light', 'dark']

// fits looks for what is cut off, covered or wider than the window, at every width, and at 320 px, which is what 1280 px
// are at a zoom of 400 % (WCAG 2.2, 1.4.10).
export async function fits(visitor, name, { pictures = true } = {}) {
  const usual = visitor.page.viewportSize()
  for (const width of [320, ...widths]) {
    await visitor.page.setViewportSize({ width, height: 800 })
    const wrong = await visitor.page.evaluate(whatDoesNotFit)
    assert.deepEqual(wrong, [], `${name} at ${width} px`)
    for (const colorScheme of pictures ? schemes : []) {
      await visitor.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await visitor.picture(`${name}-${width}-${colorScheme}`)
    }
  }
  await visitor.page.setViewportSize(usual)
}

function whatDoesNotFit() {
  const wrong = []
  const root = document.documentElement
  if (root.scrollWidth > root.clientWidth) wrong.push(`the page is ${root.scrollWidth - root.clientWidth} px too wide`)
  for (const element of document.querySelectorAll('main *, header a, footer *')) {
    const box = element.getBoundingClientRect()
    if (!box.width || !element.checkVisibility({ contentVisibilityAuto: true }) || getComputedStyle(element).position === 'absolute') continue
    const what = `${element.tagName.toLowerCase()} “${element.textContent.trim().slice(0, 40)}”`
    if (box.left < -1 || box.right > root.clientWidth + 1) wrong.push(`${what} leaves the window`)
    if (/^(A|BUTTON|P|LI|H1|H2|LABEL|DD|DT)$/.test(element.tagName) && element.scrollWidth > element.clientWidth + 1 && element.clientWidth) wrong.push(`${what} is cut off`)
    const touch = element.matches('button, .button, input:not([type=hidden]):not([hidden]), select, summary')
    if (touch && box.height < 24 && element.type !== 'checkbox') wrong.push(`${what} is hard to touch: ${box.height} px`) // WCAG 2.2, 2.5.8
  }
  return wrong
}
