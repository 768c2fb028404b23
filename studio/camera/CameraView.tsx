import { type ReactNode, type RefObject, useEffect } from 'react'
import type { Camera } from './useCamera.ts'
import './camera.css'

/** The camera's picture, with Stop, and a choice if there are several cameras. */
export function CameraView({
  camera: { stream, choices, id, start, stop },
  video,
  over,
  children,
}: {
  readonly camera: Camera
  readonly video: RefObject<HTMLVideoElement | null>
  /** Shown over the picture. */
  readonly over?: ReactNode
  /** Other controls, beside Stop. */
  readonly children?: ReactNode
}) {
  useEffect(() => {
    const { current } = video
    if (!current || !stream) return
    current.srcObject = stream
    void current.play().catch(() => {
      // The element was removed before playing began.
    })
    return () => {
      current.srcObject = null
    }
  }, [video, stream])
  return (
    <div className="camera">
      <div className="camera-frame">
        <video ref={video} muted playsInline aria-label="Camera" />
        {over}
      </div>
      <div className="camera-ways">
        {children}
        <button type="button" className="button" onClick={stop}>
          Stop
        </button>
        {choices.length > 1 && (
          <select
            className="select"
            aria-label="Which camera"
            value={id}
            onChange={({ target }) => void start(target.value)}
          >
            {choices.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name}
              </option>
            ))}
          </select>
        )}
      </div>
    </div>
  )
}
