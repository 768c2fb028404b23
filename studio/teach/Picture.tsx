import { useEffect, useRef } from 'react'

/** Pixels on a canvas, each of which stays a square. */
export function Picture({ pixels, label }: { readonly pixels: ImageData; readonly label?: string }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  useEffect(() => {
    const { current } = canvas
    if (!current) return
    current.width = pixels.width
    current.height = pixels.height
    current.getContext('2d')!.putImageData(pixels, 0, 0)
  }, [pixels])
  return label === undefined ? <canvas ref={canvas} /> : <canvas ref={canvas} role="img" aria-label={label} />
}
