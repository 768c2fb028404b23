import { useEffect, useRef } from 'react'
import type { Look } from '../worker/protocol.ts'
import { strongest } from './CellView.tsx'
import { coloured } from './colours.ts'
import type { Drawing } from './store.ts'

const STEPS = 101

/** Which colour is how much: from what speaks most against to what speaks most for. */
export function Legend({
  look,
  drawing,
  scale,
}: {
  readonly look: Look
  readonly drawing: Drawing
  readonly scale: number | undefined
}) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const colours = drawing.show === 'overlay' ? 'light' : drawing.colours
  useEffect(() => {
    const data = Float32Array.from({ length: STEPS }, (_, k) => (2 * k) / (STEPS - 1) - 1)
    canvas.current
      ?.getContext('2d')
      ?.putImageData(coloured({ width: STEPS, height: 1, data }, 1, colours), 0, 0)
  }, [colours])
  if (drawing.show === 'photo') return null
  const most = strongest(look, drawing, scale).toPrecision(2)
  return (
    <div className="legend tiny">
      <canvas ref={canvas} width={STEPS} height={1} />
      <span>
        −{most} against {look.name}
      </span>
      <span>{drawing.brighten > 1 ? 'clipped' : '0'}</span>
      <span>
        for {look.name} +{most}
      </span>
    </div>
  )
}
