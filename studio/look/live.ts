/** The camera in Look: frames are explained one after another, always the newest, as fast as possible. */

import { messageOf } from '../../src/base/errors.ts'
import { anotherFrame, frameOf } from '../camera/frame.ts'
import { WorkerLost } from '../worker/client.ts'
import { openPhoto, reopenPhoto, showFrame, UNEDITED } from './run.ts'
import { getLook, setLook } from './store.ts'

/** The pace: means over the last frames, in milliseconds. */
export interface Pace {
  readonly between: number
  readonly finding: number
  readonly explaining: number
}

/** The weight of the last frame in a mean. */
const NEWEST = 0.2

let watching = 0

/**
 * Explain what a video shows until it is aborted, or a photo is opened.
 *
 * @param tell called with the pace; with undefined while no face is in view
 */
export async function watch(
  video: HTMLVideoElement,
  signal: AbortSignal,
  tell: (pace: Pace | undefined) => void,
): Promise<void> {
  const number = ++watching
  const { face } = getLook()
  setLook({
    live: true,
    ...UNEDITED,
    fixed: undefined,
    error: undefined,
    face: Math.max(0, face),
  })
  const isOn = () => !signal.aborted && getLook().live
  try {
    let pace: Pace | undefined
    await anotherFrame(video, signal)
    for (let before = performance.now(); isOn(); ) {
      const next = anotherFrame(video, signal)
      const frame = frameOf(video)
      const took = frame && (await showFrame(frame).catch(unlessReplaced))
      const now = performance.now()
      pace = took && smoothed(pace, { ...took, between: now - before })
      before = now
      if (isOn()) tell(pace)
      await next
    }
  } catch (error) {
    setLook({ error: messageOf(error) })
  }
  // Another camera or a photo may have taken over.
  if (number === watching && getLook().live) await reopenPhoto()
}

/** Take the present frame as the photo, for all columns. */
export async function freeze(video: HTMLVideoElement): Promise<void> {
  const canvas = document.createElement('canvas')
  const { videoWidth, videoHeight } = video
  canvas.width = videoWidth
  canvas.height = videoHeight
  canvas.getContext('2d')!.drawImage(video, 0, 0)
  const file = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve))
  if (file) await openPhoto(file, `Camera, ${new Date().toLocaleTimeString('en-GB')}`)
}

/** Another worker gets the next frame. */
function unlessReplaced(error: unknown): undefined {
  if (!(error instanceof WorkerLost)) throw error
}

function smoothed(before: Pace | undefined, now: Pace): Pace {
  if (!before) return now
  const mean = (a: number, b: number) => a + NEWEST * (b - a)
  return {
    between: mean(before.between, now.between),
    finding: mean(before.finding, now.finding),
    explaining: mean(before.explaining, now.explaining),
  }
}
