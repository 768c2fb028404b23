/**
 * regard in a page or a worker of a browser. In Node the same names come from `index.node.ts`.
 */

import { UsageError } from './base/errors.ts'
import { webEngine } from './engine/web.ts'
import { filesAt } from './formats/web.ts'
import { decodePhoto as decode } from './pictures/web.ts'
import { type Regard, regardOn } from './platform.ts'

export * from './exports.ts'

const regard = regardOn({
  async loadEngine({ device, threads } = {}) {
    if (device !== 'cpu') return webEngine({ device, threads })
    throw new UsageError('a page runs no native code', 'device cpu', "Ask for 'wasm', 'webgpu' or 'auto'")
  },
  decodePhoto: decode,
  filesAt,
  urlOf: (text) => new URL(text, globalThis.location?.href),
})

export const loadEngine: Regard['loadEngine'] = regard.loadEngine
export const loadModel: Regard['loadModel'] = regard.loadModel
export const decodePhoto: Regard['decodePhoto'] = regard.decodePhoto
export const toModelInput: Regard['toModelInput'] = regard.toModelInput
export const explain: Regard['explain'] = regard.explain
export const openFaceFinder: Regard['openFaceFinder'] = regard.openFaceFinder
