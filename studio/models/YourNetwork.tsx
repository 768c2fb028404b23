import { useEffect } from 'react'
import { WORDS } from '../app/words.ts'
import { useLook } from '../look/store.ts'
import type { ModelReport } from '../worker/models.ts'
import { Actions } from './Actions.tsx'
import { CardForm } from './CardForm.tsx'
import { Facts } from './Facts.tsx'
import { bytesOf, megabytes } from './kept.ts'
import { Layers } from './Layers.tsx'
import { Preview } from './Preview.tsx'
import { openYours, type Yours } from './store.ts'

/** One of the user's own networks, dropped or stored here. */
export function YourNetwork({ network }: { readonly network: Yours }) {
  const { id, report, files, file, kept } = network
  const loaded = useLook(({ networks }) => networks.find((each) => each.id === id))
  const isRead = report !== undefined
  useEffect(() => {
    if (!isRead) void openYours(id)
  }, [id, isRead])
  return (
    <section className="panel model" aria-label={id}>
      <header>
        <h2>{id}</h2>
        <p className="faint">
          {report?.card.network ?? file}, {megabytes(bytesOf(network))}
          {kept && '. Kept here; the browser may clear it. Download what you need.'}
        </p>
      </header>
      {report && (
        <>
          <Actions id={id} network={loaded} yours={network} />
          <Said report={report} />
          <div className="model-parts">
            <div className="model-part">
              <h3>Card</h3>
              <CardForm
                key={network.edition}
                id={id}
                report={report}
                files={Object.keys(files).filter((name) => name !== file)}
              />
            </div>
            <div className="model-part">
              {loaded ? (
                <Preview network={loaded} edition={report.yaml} />
              ) : (
                <p className="faint">
                  {report.missing.length > 0
                    ? `Give its ${listed(report.missing)} to see here what the network is shown.`
                    : 'Correct its card to see here what the network is shown.'}
                </p>
              )}
              <Facts network={loaded} report={report} rows={trainedOn(report)} />
              {loaded?.answers.some(({ task }) => task === 'gender') && (
                <p className="faint small">{WORDS.gender}</p>
              )}
            </div>
          </div>
          <Layers report={report} />
        </>
      )}
    </section>
  )
}

/** What to know about how it was read. */
function Said({ report: { notes, unexplained, missing, errors } }: { readonly report: ModelReport }) {
  return (
    <>
      {missing.length > 0 && errors.length === 0 && (
        <p className="warn">
          It is unknown how a photo becomes its input: {listed(missing)} {missing.length > 1 ? 'are' : 'is'}{' '}
          missing. Give what the network was trained with.
        </p>
      )}
      {unexplained && (
        <p className="warn">
          {unexplained} Methods that only ask for answers, such as Occlusion, work in Look.
        </p>
      )}
      {notes.map((note) => (
        <p key={note} className="faint small">
          Note: {note}.
        </p>
      ))}
    </>
  )
}

function trainedOn({ card: { trainedOn } }: ModelReport): [string, string][] {
  if (!trainedOn) return []
  const { dataset, setting, fold, iterations } = trainedOn
  return [['Trained on', `${dataset} [${setting}], without fold ${fold}, ${iterations} iterations`]]
}

function listed(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}` : (names[0] ?? '')
}
