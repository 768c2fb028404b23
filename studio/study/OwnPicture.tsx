import { useEffect, useState } from 'react'
import { messageOf } from '../look/run.ts'
import type { Source } from './source.ts'

/** A picture out of a folder that was opened from disk. */
export function OwnPicture({
  source,
  path,
  alt,
}: {
  readonly source: Source
  readonly path: string
  readonly alt: string
}) {
  const [url, setUrl] = useState<string>()
  const [fault, setFault] = useState<string>()
  useEffect(() => {
    let made: string | undefined
    let isOver = false
    source.blob(path).then(
      (blob) => {
        if (isOver) return
        made = URL.createObjectURL(new Blob([blob], { type: 'image/svg+xml' }))
        setUrl(made)
      },
      // What was changed on disk since the folder was opened is not given any more.
      (error) => !isOver && setFault(`${path} cannot be read. ${messageOf(error)} Open the folder again.`),
    )
    return () => {
      isOver = true
      if (made) URL.revokeObjectURL(made)
    }
  }, [source, path])
  if (fault) return <p className="error small">{fault}</p>
  return url ? <img src={url} alt={alt} /> : null
}
