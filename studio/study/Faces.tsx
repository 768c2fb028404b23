import { useState } from 'react'

/** A face to show. */
export interface ShownFace {
  readonly id: string
  /** The URL of its picture; undefined where it has none. */
  readonly url: string | undefined
  readonly caption: string
}

/** How many are shown at first. */
const SHOWN = 36

/** Photos of faces with a caption for each, some at first. */
export function Faces({
  faces,
  wide = false,
}: {
  readonly faces: readonly ShownFace[]
  /** Whether each is two pictures side by side. */
  readonly wide?: boolean
}) {
  const [shown, setShown] = useState(SHOWN)
  return (
    <>
      <ul className="study-faces" data-wide={wide || undefined}>
        {faces.slice(0, shown).map((face) => (
          <li key={face.id}>
            <FacePicture face={face} />
            <span className="tiny">{face.caption}</span>
            <span className="tiny faint">{face.id}</span>
          </li>
        ))}
      </ul>
      {faces.length > shown && (
        <button type="button" className="button" onClick={() => setShown(shown + SHOWN)}>
          Show {Math.min(SHOWN, faces.length - shown)} more of {faces.length - shown}
        </button>
      )}
    </>
  )
}

export function FacePicture({ face: { id, url } }: { readonly face: Pick<ShownFace, 'id' | 'url'> }) {
  const [isMissing, setMissing] = useState(false)
  return url && !isMissing ? (
    <img src={url} alt={`Face ${id}`} loading="lazy" onError={() => setMissing(true)} />
  ) : (
    <span className="study-nophoto tiny faint">no photo</span>
  )
}
