import { useState } from 'react'
import { download } from '../app/download.ts'
import { thenGo } from '../app/route.ts'
import { theWork } from '../worker/client.ts'
import type { NetworkInfo } from '../worker/protocol.ts'
import { keepYours, removeYours, showInLook, working, type Yours } from './store.ts'

/** The buttons for a network. */
export function Actions({
  id,
  network,
  yours,
}: {
  readonly id: string
  /** Undefined as long as it cannot be used in Look. */
  readonly network: NetworkInfo | undefined
  /** Set for the user's own networks. */
  readonly yours?: Yours
}) {
  const answers = network?.answers ?? []
  const [output, setOutput] = useState<string>()
  const isExplained = !yours?.report?.unexplained
  return (
    <div className="actions">
      <button
        type="button"
        className="button primary"
        disabled={!network}
        onClick={() => network && showInLook(network)}
      >
        Use in Look
      </button>
      {yours && !yours.kept && (
        <button type="button" className="button" onClick={() => void keepYours(id)}>
          Keep on this device
        </button>
      )}
      <span className="save">
        <button
          type="button"
          className="button"
          disabled={!network || !isExplained}
          onClick={() => network && void save(network, output ?? answers[0]!.output, yours)}
        >
          Save as self-explaining ONNX
        </button>
        {answers.length > 1 && (
          <select
            className="select"
            aria-label="The answer that is explained"
            value={output ?? answers[0]!.output}
            onChange={({ target }) => setOutput(target.value)}
          >
            {answers.map((answer) => (
              <option key={answer.output} value={answer.output}>
                {answer.task ?? answer.output}
              </option>
            ))}
          </select>
        )}
      </span>
      {yours?.report && yours.report.errors.length === 0 && (
        <button
          type="button"
          className="button"
          onClick={() => download(`${id}.card.yaml`, new Blob([yours.report!.yaml]))}
        >
          Download its card
        </button>
      )}
      {yours && (
        <button
          type="button"
          className="button"
          onClick={() =>
            thenGo(async () => {
              await removeYours(id)
              return '#/models'
            })
          }
        >
          Remove
        </button>
      )}
    </div>
  )
}

/** A network with its explanation as a file, with its card, and the mean picture that this names. */
async function save(network: NetworkInfo, output: string, yours: Yours | undefined): Promise<void> {
  const { id, card } = network
  await working(`Saving ${id} with its explanation`, async () => {
    const saved = await theWork().saveExplaining(id, output)
    const name = `${id}-explained`
    download(`${name}.onnx`, new Blob([saved.onnx]))
    download(`${name}.card.yaml`, new Blob([saved.card]))
    const mean = card.input?.mean
    const picture = typeof mean === 'string' ? yours?.files[mean] : undefined
    if (picture) download(mean as string, picture)
  })
}
