import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { anotherFrame } from '../../studio/camera/frame.ts'

/** What the browser gives of a video. */
function videoOf() {
  const waiting = new Map<number, () => void>()
  let next = 1
  return {
    waiting,
    requestVideoFrameCallback(call: () => void) {
      waiting.set(next, call)
      return next++
    },
    cancelVideoFrameCallback(id: number) {
      waiting.delete(id)
    },
  }
}

test('waiting for a frame leaves nothing behind, whether it comes or is given up', async () => {
  const video = videoOf()
  const ending = new AbortController()
  const { signal } = ending
  const wait = () => anotherFrame(video as unknown as HTMLVideoElement, signal)
  for (let k = 0; k < 3; k++) {
    const frame = wait()
    for (const call of video.waiting.values()) call()
    await frame
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
  const last = wait()
  ending.abort()
  await last
  expect(video.waiting.size).toBe(0)
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})
