/** All faces of a photo: the detector says where they are, the mesh network marks them. */

import type { Watch } from '../base/watch.ts'
import type { Engine } from '../engine/engine.ts'
import type { Graph } from '../graph/types.ts'
import type { Image } from '../pictures/image.ts'
import { detections, detectorInput } from './detect.ts'
import { type FaceFinder, type FoundFace, isMarked } from './face.ts'
import { meshes, meshInput, meshSquare } from './mesh.ts'

/** The two networks of a {@link FaceFinder}. */
export interface FaceModels {
  /** BlazeFace, for 256 × 256 pixels: `blazeface.json` of the npm package @vladmandic/human. */
  readonly detector: Graph
  /** The face mesh of 468 points: `facemesh.json` of the same package. */
  readonly mesh: Graph
}

/**
 * The detector does not know faces that fill more than this part of what it sees: it finds pieces of them, or none.
 * So where it finds such a face, or none that the mesh network knows for one, it is shown the photo from further away.
 */
const LARGE = 0.5
/** How much further: the side of what it sees, in longer sides of the photo. */
const FURTHER = 1.6

/** Load the networks that find faces. */
export async function loadFaceFinder(engine: Engine, models: FaceModels): Promise<FaceFinder> {
  const detector = await engine.load(models.detector)
  const mesh = await engine.load(models.mesh)
  const [photoInput] = detector.inputs
  const [faceInput] = mesh.inputs

  async function look(photo: Image, reach: number, { signal }: Pick<Watch, 'signal'>): Promise<FoundFace[]> {
    signal?.throwIfAborted()
    const { input, map } = detectorInput(photo, reach)
    const found = detections(await detector.run({ [photoInput!.name]: input }), map)
    if (found.length === 0) return []
    signal?.throwIfAborted()
    const squares = found.map(meshSquare)
    const marked = meshes(await mesh.run({ [faceInput!.name]: meshInput(photo, squares) }), squares)
    return found.map(({ box, score }, k) => ({ box, score, ...marked[k]! }))
  }

  return {
    async find(photo, watch = {}) {
      const faces = await look(photo, 1, watch)
      const large = LARGE * Math.max(photo.width, photo.height)
      const tooNear = !faces.some(isMarked) || faces.some(({ box }) => box.width > large)
      return tooNear ? look(photo, FURTHER, watch) : faces
    },
    async release() {
      await detector.release()
      await mesh.release()
    },
  }
}
