import { type ReactNode, type RefObject, useEffect } from 'react'
import type { Camera } from './useCamera.ts'
import './camera.css'

/** What the camera sees, with Stop, and a choice where there are several. */
export function CameraView({
  camera: { stream, choices, id, start, stop },
  video,
  over,
  children,
}: {
  readonly camera: Camera
  readonly video: RefObject<HTMLVideoElement | null>
  /** What lies over the picture. */
  readonly over?: ReactNode
  /** What else can be done, beside Stop. */
  readonly children?: ReactNode
}) {
  useEffect(() => {
    const { current } = video
    if (!current || !stream) return
    current.srcObject = stream
    void current.play().catch(() => {
      // It was taken away before it began.
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
