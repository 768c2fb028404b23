/** A process that runs one trial, so that its peak memory is the trial's, and reports to its parent. */

import { sendAndExit } from '../../base/child.ts'
import { messageOf } from '../../base/errors.ts'
import { type NodeDevice, nodeEngine } from '../../engine/node.ts'
import { type Cost, type Trial, tryNetwork } from './trial.ts'

/** What a child sends its parent. */
export type TrialMessage = { readonly at: string } | { readonly cost: Cost } | { readonly failure: string }

/** What a parent asks a child to do. */
interface Order {
  readonly trial: Trial
  readonly folder: string
  readonly device?: NodeDevice
}

process.on('message', ({ trial, folder, device }: Order) => {
  nodeEngine({ device })
    .then((engine) => tryNetwork(engine, trial, folder, (at) => process.send!({ at })))
    .then((cost) => ({ cost }))
    .catch((error) => ({ failure: messageOf(error) }))
    .then(sendAndExit)
})
