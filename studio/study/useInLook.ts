/** A run's network beside the others in Look. */

import { thenGo } from '../app/route.ts'
import { added, changed } from '../look/run.ts'
import { getLook } from '../look/store.ts'
import { theWork } from '../worker/client.ts'
import type { Source } from './source.ts'

/**
 * Load the network of a finished run, with its card and its mean picture, and go to Look.
 *
 * @param id its name there
 */
export function addRun(source: Source, run: string, id: string): Promise<void> {
  return thenGo(async () => {
    await add(source, run, id)
    return '#/look'
  })
}

async function add(source: Source, run: string, id: string): Promise<void> {
  const files: Record<string, Uint8Array> = {}
  for (const name of ['model.onnx', 'model.card.yaml', 'model.mean.npy'])
    files[name] = new Uint8Array(await (await source.blob(`runs/${run}/${name}`)).arrayBuffer())
  added(await theWork().addNetwork(id, 'model.onnx', files), (work) =>
    work.addNetwork(id, 'model.onnx', files),
  )
  const { columns } = getLook()
  changed({ columns: columns.includes(id) ? columns : [...columns, id] })
}
