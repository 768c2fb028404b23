import { useEffect, useState } from 'react'
import { bytesStored, deleteEverything, megabytes } from './kept.ts'
import { keptBytes, nothingKept, useModels } from './store.ts'

/** What is stored in this browser, and how to delete it. */
export function Stored() {
  const yours = useModels(({ yours }) => yours)
  const [stored, setStored] = useState<number>()
  const [asks, setAsks] = useState(false)
  const [said, setSaid] = useState('')
  const kept = keptBytes(yours)
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is kept changes what is stored.
  useEffect(() => {
    void bytesStored().then(setStored)
  }, [kept, said])
  const size = megabytes(Math.max(kept, stored ?? 0))
  const count = yours.filter((each) => each.kept).length
  return (
    <div className="stored small">
      <p className="faint tiny">
        {count > 0
          ? `${count === 1 ? 'One network is' : `${count} networks are`} kept here (${megabytes(kept)}); the browser may clear ${count === 1 ? 'it' : 'them'}. Download what you need.`
          : 'No network is kept here, only settings.'}
      </p>
      {asks ? (
        <fieldset className="group">
          <legend>Delete {count > 0 ? 'kept networks and ' : ''}settings for good?</legend>
          <div className="choices">
            <button
              type="button"
              className="button"
              onClick={async () => {
                setAsks(false)
                try {
                  await deleteEverything()
                  nothingKept()
                  setSaid('Deleted. What is open stays until you close the page.')
                } catch (error) {
                  setSaid(error instanceof Error ? error.message : String(error))
                }
              }}
            >
              Delete
            </button>
            <button type="button" className="button" onClick={() => setAsks(false)}>
              Keep
            </button>
          </div>
        </fieldset>
      ) : (
        <button type="button" className="button" onClick={() => setAsks(true)}>
          Delete everything stored ({size})
        </button>
      )}
      <p aria-live="polite" className="tiny">
        {said}
      </p>
    </div>
  )
}
