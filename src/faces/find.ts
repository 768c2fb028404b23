/** All faces of a photo: the detector says where they are, the mesh network marks them. */

import type { Engine } from '../engine/engine.ts'
import type { Graph } from '../graph/types.ts'
import { detections, detectorInput } from './detect.ts'
import type { FaceFinder, FoundFace } from './face.ts'
import type { Image } from './image.ts'
import { meshes, meshInput, meshSquare } from './mesh.ts'

/** The two networks of a {@link FaceFinder}. */
export interface FaceModels {
  /** BlazeFace, for 256 × 256 pixels: `blazeface.json` of the npm package @vladmandic/human. */
  readonly detector: Graph
  /** The face mesh of 468 points: `facemesh.json` of the same package. */
  readonly mesh: Graph
}

/** Load the networks that find faces. */
export async function loadFaceFinder(engine: Engine, models: FaceModels): Promise<FaceFinder> {
  const detector = await engine.load(models.detector)
  const mesh = await engine.load(models.mesh)
  const [photoInput] = detector.inputs
  const [faceInput] = mesh.inputs
  return {
    async find(photo: Image): Promise<FoundFace[]> {
      const { input, map } = detectorInput(photo)
      const found = detections(await detector.run({ [photoInput!.name]: input }), map)
      if (found.length === 0) return []
      const squares = found.map(({ box, rightEye, leftEye }) => meshSquare(box, rightEye, leftEye))
      const marked = meshes(await mesh.run({ [faceInput!.name]: meshInput(photo, squares) }), squares)
      return found.map(({ box, score }, k) => ({ box, score, ...marked[k]! }))
    },
    async release() {
      await detector.release()
      await mesh.release()
    },
  }
}
