import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** The serious and critical faults of accessibility that axe finds in a page as it is: none, if all is well. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run()
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)
  })
}

/** The same in light and then in dark. */
export async function seriousFaultsInBoth(page: Page): Promise<string[]> {
  const faults: string[] = []
  for (const theme of ['light', 'dark']) {
    await page.evaluate((theme) => {
      document.documentElement.dataset.theme = theme
    }, theme)
    faults.push(...(await seriousFaults(page)))
  }
  return faults
}

/**
 * Text of a page that is smaller than 12 pixels, or of which a part is cut off, and what is too small to hit.
 *
 * @param least the height of what is pressed, in pixels
 */
export function hardToUse(page: Page, least: number): Promise<string[]> {
  return page.evaluate((least) => {
    const faults: string[] = []
    const isSeen = (element: Element) =>
      element.checkVisibility({ visibilityProperty: true }) && !element.closest('.unseen, .skip, .face-word')
    for (const element of document.querySelectorAll<HTMLElement>('#studio *')) {
      const hasText = [...element.childNodes].some(
        (node) => node.nodeType === Node.TEXT_NODE && node.textContent!.trim() !== '',
      )
      if (!isSeen(element)) continue
      const { fontSize, overflowX, overflowY } = getComputedStyle(element)
      const name = `${element.localName}.${element.className} “${element.textContent!.trim().slice(0, 40)}”`
      if (hasText && Number.parseFloat(fontSize) < 12) faults.push(`${fontSize}: ${name}`)
      const isCut =
        (overflowX === 'hidden' && element.scrollWidth > element.clientWidth + 1) ||
        (overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1)
      if (hasText && isCut) faults.push(`cut off: ${name}`)
      if (!element.matches('button, select, summary, input:not([type=file], [type=checkbox]), nav a'))
        continue
      const { width, height } = element.getBoundingClientRect()
      if (height < least || width < 24) faults.push(`${width.toFixed(0)} × ${height.toFixed(0)}: ${name}`)
    }
    return faults
  }, least)
}
