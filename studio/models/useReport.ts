import { useEffect, useState } from 'react'
import { messageOf } from '../../src/base/errors.ts'
import { useLook } from '../look/store.ts'
import { theWork } from '../worker/client.ts'
import type { ModelReport } from '../worker/models.ts'
import type { NetworkInfo } from '../worker/protocol.ts'

/** A loaded network, with what is known of it: undefined until it is. */
export function useReport(id: string): {
  readonly network: NetworkInfo | undefined
  readonly report: ModelReport | undefined
  readonly error: string | undefined
} {
  const network = useLook(({ networks }) => networks.find((each) => each.id === id))
  const [report, setReport] = useState<ModelReport>()
  const [error, setError] = useState<string>()
  const isLoaded = network !== undefined
  useEffect(() => {
    if (isLoaded)
      theWork()
        .reportOn(id)
        .then(setReport, (failed) => setError(messageOf(failed)))
  }, [id, isLoaded])
  return { network, report, error }
}
