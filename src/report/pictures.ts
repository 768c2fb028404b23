/** Pictures embedded in self-contained pages and figures. */

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
 * A PNG file as a data URI.
 *
 * @returns undefined where the file is missing: a study may have been copied without its pictures
 */
export function dataUri(path: string): string | undefined {
  if (fileSize(path) === 0) return undefined
  return `data:image/png;base64,${readFileSync(path).toString('base64')}`
}

/**
 * The same of a photo of a face.
 *
 * @returns undefined also where the report does not show photos
 */
export function photoUri({ photos }: { readonly photos: boolean }, path: string): string | undefined {
  return photos ? dataUri(path) : undefined
}

/** The size of a file in bytes; 0 where it is missing. */
export function fileSize(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/**
 * How many things of a given cost fit within a budget: at least one.
 *
 * @param most the upper limit
 */
export function withinBudget(cost: number, budget: number, most: number): number {
  return Math.min(most, Math.max(1, Math.floor(budget / Math.max(cost, 1))))
}

/** Some of a list, spread evenly over it. */
export function spreadOver<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items]
  return Array.from({ length: count }, (_, k) => items[Math.floor(((k + 0.5) * items.length) / count)]!)
}
