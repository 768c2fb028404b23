import type { ShownRun } from '../../src/server/messages.ts'
import { runTitle } from './words.ts'

interface RunChoiceProps {
  readonly runs: readonly ShownRun[]
  readonly folds: number
  readonly run: ShownRun
  readonly choose: (name: string) => void
}

export function RunChoice({ runs, folds, run, choose }: RunChoiceProps) {
  return (
    <label className="field study-run">
      Run
      <select className="select" value={run.name} onChange={({ target }) => choose(target.value)}>
        {runs.map((each) => (
          <option key={each.name} value={each.name}>
            {runTitle(each, folds)} · {each.network}
          </option>
        ))}
      </select>
    </label>
  )
}
