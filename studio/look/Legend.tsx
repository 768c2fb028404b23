import { useMemo } from 'react'
import type { Look } from '../worker/protocol.ts'
import { coloursOf, stripOf, strongest } from './drawn.ts'
import { Pixels } from './Pixels.tsx'
import type { Drawing } from './store.ts'
import { sidesInWords } from './words.ts'

/** The scale of colours, from what speaks most against to what speaks most for. */
export function Legend({
  look,
  drawing,
  scale,
}: {
  readonly look: Look
  readonly drawing: Drawing
  readonly scale: number | undefined
}) {
  const strip = useMemo(() => stripOf(coloursOf(drawing)), [drawing])
  if (drawing.show === 'photo') return null
  const most = strongest(look, drawing, scale).toPrecision(2)
  const [against, for_] = sidesInWords(look)
  return (
    <div className="legend tiny">
      <Pixels pixels={strip} />
      <span>
        −{most} {against}
      </span>
      <span>{drawing.brighten > 1 ? '0, ends clipped' : '0'}</span>
      <span>
        {for_} +{most}
      </span>
    </div>
  )
}
