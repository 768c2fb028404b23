/** The camera: a stream while it is wanted, and a message where there is none. */

import { useEffect, useRef, useState } from 'react'

/** A camera for a view. */
export interface Camera {
  /** Its stream; undefined while it is off. */
  readonly stream: MediaStream | undefined
  /** Why it is off although it should be on. */
  readonly error: string | undefined
  /** Whether it was asked for but has not started yet. */
  readonly waits: boolean
  /** The available cameras; their names are known once one has been allowed. */
  readonly choices: readonly { readonly id: string; readonly name: string }[]
  /** The id of the one in use. */
  readonly id: string | undefined
  /** Turn it on, or change to another. */
  start(id?: string): Promise<void>
  stop(): void
}

interface State {
  readonly stream?: MediaStream
  readonly error?: string
  readonly waits?: boolean
  readonly choices?: Camera['choices']
}

/**
 * A camera that is turned off when the view closes.
 *
 * @param instead what to do instead where there is none: `open a photo`
 */
export function useCamera(instead: string): Camera {
  const [{ stream, error, waits = false, choices = [] }, set] = useState<State>({})
  const asked = useRef(0)
  useEffect(
    () => () => {
      asked.current++
    },
    [],
  )
  useEffect(() => {
    if (!stream) return
    const lost = () => set({ error: `The camera is gone. Plug it in again, or ${instead}.` })
    // Stopping a track here fires no event; one that ends by itself was unplugged, or is no longer allowed.
    const tracks = stream.getTracks()
    for (const track of tracks) track.addEventListener('ended', lost)
    return () => {
      for (const track of tracks) {
        track.removeEventListener('ended', lost)
        track.stop()
      }
    }
  }, [stream, instead])
  return {
    stream,
    error,
    waits,
    choices,
    id: stream?.getVideoTracks()[0]?.getSettings().deviceId,
    async start(id) {
      const number = ++asked.current
      set({ waits: true })
      try {
        const [next, choices] = [await opened(id), await camerasHere()]
        // The user may have stopped it, or gone elsewhere, while permission was pending.
        if (number === asked.current) set({ stream: next, choices })
        else for (const track of next.getTracks()) track.stop()
      } catch (error) {
        if (number === asked.current) set({ error: reasonOf(error, instead) })
      }
    },
    stop() {
      asked.current++
      set({})
    },
  }
}

/** A page without a secure context lacks `mediaDevices`. */
async function opened(id: string | undefined): Promise<MediaStream> {
  const { mediaDevices } = navigator as { readonly mediaDevices?: MediaDevices }
  if (!mediaDevices) throw new DOMException('no secure context', 'SecurityError')
  return mediaDevices.getUserMedia({
    audio: false,
    video: {
      width: { ideal: 640 },
      height: { ideal: 480 },
      ...(id ? { deviceId: { exact: id } } : { facingMode: 'user' }),
    },
  })
}

async function camerasHere(): Promise<Camera['choices']> {
  const devices = await navigator.mediaDevices.enumerateDevices()
  return devices
    .filter(({ kind }) => kind === 'videoinput')
    .map(({ deviceId, label }, k) => ({ id: deviceId, name: label || `Camera ${k + 1}` }))
}

/** What happened, and what to do. */
function reasonOf(error: unknown, instead: string): string {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return `Camera blocked. Allow it in the address bar, or ${instead}.`
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No camera found. Plug one in, or ${instead}.`
    case 'NotReadableError':
    case 'AbortError':
      return `Another program uses the camera. Close that one, or ${instead}.`
    case 'SecurityError':
      return `A page can use a camera only over https or on localhost. Open it there, or ${instead}.`
    default:
      return `The camera does not start (${error instanceof Error ? error.message : error}). Try again, or ${instead}.`
  }
}
