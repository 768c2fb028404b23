import { WORDS } from '../app/words.ts'
import { Actions } from './Actions.tsx'
import { Facts } from './Facts.tsx'
import { Layers } from './Layers.tsx'
import { Preview } from './Preview.tsx'
import { useReport } from './useReport.ts'

/** A network that came from a study or from Teach: it has its card, and stays until the page is closed. */
export function LoadedNetwork({ id }: { readonly id: string }) {
  const { network, report, error } = useReport(id)
  return (
    <section className="panel model" aria-label={id}>
      <header>
        <h2>{id}</h2>
        <p className="faint">Here until you close the page</p>
      </header>
      <Actions id={id} network={network} />
      {error && (
        <p role="alert" className="error small">
          {error}
        </p>
      )}
      <div className="model-parts">
        <div className="model-part">
          <Facts network={network} report={report} rows={[]} />
          {network?.answers.some(({ task }) => task === 'gender') && (
            <p className="faint small">{WORDS.gender}</p>
          )}
        </div>
        {network && <Preview network={network} isSure />}
      </div>
      {report && <Layers report={report} />}
    </section>
  )
}
