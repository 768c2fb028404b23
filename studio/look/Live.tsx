import { type RefObject, useEffect, useState } from 'react'
import { CameraView } from '../camera/CameraView.tsx'
import type { Camera } from '../camera/useCamera.ts'
import { freeze, type Pace, watch } from './live.ts'
import { useLook } from './store.ts'

/** The camera instead of the photo, with the faces found in it. */
export function Live({
  camera,
  video,
}: {
  readonly camera: Camera
  readonly video: RefObject<HTMLVideoElement | null>
}) {
  const { stream, stop } = camera
  const photo = useLook(({ photo, live }) => (live ? photo : undefined))
  const face = useLook(({ face }) => face)
  const [pace, setPace] = useState<Pace | undefined>(undefined)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another `stop` is no other camera
  useEffect(() => {
    const { current } = video
    if (!stream || !current) return
    const ending = new AbortController()
    void watch(current, ending.signal, setPace).then(() => {
      if (!ending.signal.aborted) stop()
    })
    return () => ending.abort()
  }, [stream, video])
  const isFrame = photo?.url === ''
  return (
    <CameraView
      camera={camera}
      video={video}
      over={
        isFrame && (
          <svg viewBox={`0 0 ${photo.width} ${photo.height}`} aria-hidden="true">
            {photo.faces.map(({ box }, k) => (
              <g key={`${box.left} ${box.top}`} className={k === face ? 'chosen' : undefined}>
                <rect x={box.left} y={box.top} width={box.width} height={box.height} rx={photo.width / 80} />
              </g>
            ))}
          </svg>
        )
      }
    >
      <button
        type="button"
        className="button primary"
        onClick={() => {
          if (video.current) void freeze(video.current)
        }}
      >
        Freeze
      </button>
      <p className="faint tiny pace">{isFrame ? paceInWords(pace) : 'Starting …'}</p>
    </CameraView>
  )
}

/** `4.6 maps a second: 64 ms to find the face, 130 to explain` */
function paceInWords(pace: Pace | undefined): string {
  if (!pace) return 'No face in view. Come nearer, or turn to the light.'
  const { between, finding, explaining } = pace
  return `${(1000 / between).toFixed(1)} maps a second: ${finding.toFixed(0)} ms to find faces, ${explaining.toFixed(0)} to explain`
}
