import { restart, useWorker } from '../worker/client.ts'

/** The page's notice about its worker: that it does not respond, or why it was restarted. */
export function WorkerStatus() {
  const { silent, why } = useWorker()
  return (
    <div role="status" className="worker-status">
      {silent && (
        <div className="note small">
          <p>
            A network is not responding. A large one may just need more time; if it is stuck, restart it. Your
            photo and networks stay.
          </p>
          <button type="button" className="button" onClick={restart}>
            Restart
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
