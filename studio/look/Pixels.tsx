import { useEffect, useRef } from 'react'

/** A picture, pixel by pixel. */
export function Pixels({
  pixels,
  label,
}: {
  readonly pixels: ImageData
  /** What it shows, in words; without it, the picture is decorative. */
  readonly label?: string
}) {
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
