import { useRef } from 'react'
import { useCamera } from '../camera/useCamera.ts'
import { Examples } from './Examples.tsx'
import { Train } from './Train.tsx'
import { Try } from './Try.tsx'
import './teach.css'

/** Two or more kinds, a network that learns to tell them apart, and what it looks at as it learns. */
export function Teach() {
  const camera = useCamera('add files')
  const video = useRef<HTMLVideoElement>(null)
  return (
    <div className="teach">
      <Examples camera={camera} video={video} />
      <Train />
      <Try camera={camera} video={video} />
    </div>
  )
}
