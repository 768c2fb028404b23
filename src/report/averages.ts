/** Average faces and average heat maps, side by side. */

import { type Html, html } from '../base/html.ts'
import { heatMap, type PixelRelevance, scaleOf } from '../explanation/heatMap.ts'
import type { Image } from '../pictures/image.ts'
import { img } from './pictures.ts'

/** What {@link averagesRow} needs in a page's style sheet. */
export const averagesStyle = `
.averages { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.averages figure { margin: 0; width: 8.4rem; }
.averages img { display: block; width: 100%; border-radius: 2px; background: #000; }
.averages .map img { image-rendering: pixelated; }
.averages figcaption { font-size: .8rem; padding-top: .2rem; }
`

/** An average map with its title. */
export interface TitledMap {
  readonly title: string
  readonly map: PixelRelevance
}

/** Averages to show together. */
export interface Averages {
  /** The average face; absent where its picture is missing. */
  readonly face?: Image
  /** The average map of each class; for two, their difference is shown too. */
  readonly classes: readonly TitledMap[]
  /** The average map of all faces, if wanted. */
  readonly all?: TitledMap
}

/** The average face and the average maps in one row, the maps on one scale. */
export async function averagesRow({ face, classes, all }: Averages): Promise<Html> {
  const shown = [...(all ? [all] : []), ...classes]
  const scale = scaleOf(shown.map(({ map }) => map))
  const drawn = shown.map(({ title, map }) => ({ title, picture: heatMap(map, scale) }))
  if (classes.length === 2) {
    const [first, second] = classes as [TitledMap, TitledMap]
    const data = first.map.data.map((value, k) => value - second.map.data[k]!)
    drawn.push({
      title: `${first.title} minus ${second.title}, on its own scale`,
      picture: heatMap({ ...first.map, data }),
    })
  }
  const figures: Html[] = []
  if (face)
    figures.push(
      html`<figure>${await img(face, 'the average face')}<figcaption>average face</figcaption></figure>`,
    )
  for (const { title, picture } of drawn)
    figures.push(
      html`<figure class="map">${await img(picture, `average map: ${title}`)}<figcaption>${title}</figcaption></figure>`,
    )
  return html`<div class="averages">${figures}</div>`
}
