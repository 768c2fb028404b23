import { useEffect, useState } from 'react'
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
  useEffect(() => {
    let made: string | undefined
    let isOver = false
    void source.blob(path).then((blob) => {
      if (isOver) return
      made = URL.createObjectURL(new Blob([blob], { type: 'image/svg+xml' }))
      setUrl(made)
    })
    return () => {
      isOver = true
      if (made) URL.revokeObjectURL(made)
    }
  }, [source, path])
  return url ? <img src={url} alt={alt} /> : null
}
