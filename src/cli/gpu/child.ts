/** A process that looks for a GPU, and reports to its parent. */

import { sendAndExit } from '../../base/child.ts'
import { messageOf } from '../../base/errors.ts'
import { nodeEngine } from '../../engine/node.ts'

/** What the child sends: why no GPU is used, or nothing if one is. */
export interface GpuMessage {
  readonly refused?: string
}

process.on('message', () => {
  nodeEngine({ device: 'webgpu' })
    .then((): GpuMessage => ({}))
    .catch((error): GpuMessage => ({ refused: messageOf(error) }))
    .then(sendAndExit)
})
