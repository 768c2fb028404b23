/** Drawn faces as examples: they show no real people, and what tells the kinds apart is known. */

import type { DrawnFace, DrawnFacesOptions } from 'regard'
import { pixelsOf } from '../camera/frame.ts'
import type { ExampleSource } from '../worker/protocol.ts'

/** How many of each kind. */
const DRAWN = 100

/** What can be drawn, two kinds each. */
export const DRAWINGS: Readonly<
  Record<
    string,
    { readonly title: string; readonly kinds: readonly (readonly [string, DrawnFacesOptions])[] }
  >
> = {
  ages: {
    title: 'babies and old people',
    kinds: [
      ['baby', { count: DRAWN, seed: 'teach', age: 0 }],
      ['old', { count: DRAWN, seed: 'teach', age: 7 }],
    ],
  },
  badge: {
    title: 'with a badge and without',
    kinds: [
      ['badge', { count: DRAWN, seed: 'badge', marked: true }],
      ['none', { count: DRAWN, seed: 'no badge' }],
    ],
  },
}

/** Paint a drawn face. */
export async function painted({ svg, size, landmarks }: DrawnFace): Promise<ExampleSource> {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }))
  try {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    return { photo: pixelsOf(canvas, image, size, size), name: 'a drawn face', landmarks }
  } finally {
    URL.revokeObjectURL(url)
  }
}
