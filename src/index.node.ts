/** regard in Node, from bytes, URLs and images. Functions that take paths are in `regard/node`. */

import { fileURLToPath } from 'node:url'
import { UsageError } from './base/errors.ts'
import { nodeEngine } from './engine/node.ts'
import { faceModels } from './faces/node.ts'
import { filesBeside } from './formats/node.ts'
import { filesAt } from './formats/web.ts'
import { decodePhoto as decode } from './pictures/node.ts'
import { type Regard, regardOn } from './platform.ts'

export * from './exports.ts'

const regard = regardOn({
  async loadEngine({ device, threads } = {}) {
    if (device !== 'wasm') return nodeEngine({ device, threads })
    throw new UsageError(
      'Node runs networks in native code',
      'device wasm',
      "Ask for 'cpu', 'webgpu' or 'auto'",
    )
  },
  decodePhoto: decode,
  filesAt: (url) => (url.protocol === 'file:' ? filesBeside(fileURLToPath(url)) : filesAt(url)),
  urlOf(text) {
    if (URL.canParse(text)) return new URL(text)
    throw new UsageError(
      'is not a URL',
      text,
      'For a path, use what `regard/node` has: openModelFile, explainFile',
    )
  },
  faceModels,
})

export const loadEngine: Regard['loadEngine'] = regard.loadEngine
export const loadModel: Regard['loadModel'] = regard.loadModel
export const decodePhoto: Regard['decodePhoto'] = regard.decodePhoto
export const toModelInput: Regard['toModelInput'] = regard.toModelInput
export const explain: Regard['explain'] = regard.explain
export const openFaceFinder: Regard['openFaceFinder'] = regard.openFaceFinder
