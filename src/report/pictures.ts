/** Pictures, for pages and figures that need no other file. */

import { readFileSync, statSync } from 'node:fs'
import { type Html, html } from '../base/html.ts'
import type { Image } from '../pictures/image.ts'
import { pngOf } from '../pictures/node.ts'

/** A picture in a page. */
export async function img(picture: Image, alt: string): Promise<Html> {
  const png = await pngOf(picture)
  return html`<img src="data:image/png;base64,${png.toString('base64')}" alt="${alt}">`
}

/**
 * A PNG file as an address that holds it.
 *
 * @returns undefined where the file is not there: a study may have been copied without its pictures
 */
export function dataUri(path: string): string | undefined {
  if (fileSize(path) === 0) return undefined
  return `data:image/png;base64,${readFileSync(path).toString('base64')}`
}

/**
 * The same of a photo of a face.
 *
 * @returns undefined too where the report shows none
 */
export function photoUri({ photos }: { readonly photos: boolean }, path: string): string | undefined {
  return photos ? dataUri(path) : undefined
}

/** How many bytes a file has; none where it is not there. */
export function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/**
 * How many things may be shown within a budget, when each costs so much: at least one.
 *
 * @param most and not more than these
 */
export function withinBudget(cost: number, budget: number, most: number): number {
  return Math.min(most, Math.max(1, Math.floor(budget / Math.max(cost, 1))))
}

/** Some of a list, spread evenly over it. */
export function spreadOver<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: count }, (_, k) => items[Math.floor(((k + 0.5) * items.length) / count)]!)
}
