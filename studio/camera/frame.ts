import type { Image } from 'regard'

/** The longer side of a frame, in pixels: faces are found in smaller ones, and speed matters more. */
const MOST = 640

let canvas: HTMLCanvasElement | undefined

/** The present frame of a video; undefined before its first frame. */
export function frameOf(video: HTMLVideoElement): Image | undefined {
  const { videoWidth, videoHeight } = video
  if (videoWidth === 0 || videoHeight === 0) return undefined
  const times = Math.min(1, MOST / Math.max(videoWidth, videoHeight))
  canvas ??= document.createElement('canvas')
  return pixelsOf(canvas, video, Math.round(times * videoWidth), Math.round(times * videoHeight))
}

/** Draw something at a given size, as pixels. */
export function pixelsOf(
  canvas: HTMLCanvasElement,
  source: CanvasImageSource,
  width: number,
  height: number,
): Image {
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d', { willReadFrequently: true })!
  context.drawImage(source, 0, 0, width, height)
  const { data } = context.getImageData(0, 0, width, height)
  const rgb = new Uint8Array(3 * width * height)
  for (let k = 0; k < width * height; k++) {
    for (let c = 0; c < 3; c++) rgb[3 * k + c] = data[4 * k + c]!
  }
  return { width, height, data: rgb }
}

/** Wait until a video shows another frame: a hidden page has none, so nothing is computed for it. */
export function anotherFrame(video: HTMLVideoElement, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      video.cancelVideoFrameCallback(asked)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const asked = video.requestVideoFrameCallback(end)
    signal.addEventListener('abort', end)
  })
}
