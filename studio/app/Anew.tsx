import { startAnew, useWorker } from '../worker/client.ts'

/** What is to be said of the worker where it gives no answer, and when it was started anew. */
export function Anew() {
  const { silent, why } = useWorker()
  return (
    <div role="status" className="anew">
      {silent && (
        <div className="note small">
          <p>
            A network gives no answer. A large one may need more time; one that is stuck needs a new start,
            and photo and networks stay.
          </p>
          <button type="button" className="button" onClick={startAnew}>
            Start anew
          </button>
        </div>
      )}
      {why && !silent && (
        <div className="note small">
          <p>{why}</p>
          <button
            type="button"
            className="button plain"
            onClick={() => useWorker.setState({ why: undefined })}
          >
            Close
          </button>
        </div>
      )}
    </div>
  )
}
