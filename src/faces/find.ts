/** All faces of a photo: the detector finds them, the mesh network marks their points. */

import type { Watch } from '../base/watch.ts'
import type { Engine } from '../engine/engine.ts'
import type { Graph } from '../graph/types.ts'
import type { Image, Point } from '../pictures/image.ts'
import { type Detection, detections, detectorInput, type Quarters } from './detect.ts'
import { type Box, type FaceFinder, type FoundFace, holds, isMarked } from './face.ts'
import { meshes, meshInput, meshSquare } from './mesh.ts'
import { landmarks49 } from './meshLandmarks.ts'
import { featuresOf, rollOf } from './roll.ts'

/** The two networks of a {@link FaceFinder}. */
export interface FaceModels {
  /** BlazeFace, for 256 × 256 pixels: `blazeface.json` of the npm package @vladmandic/human. */
  readonly detector: Graph
  /** The face mesh of 468 points: `facemesh.json` of the same package. */
  readonly mesh: Graph
}

/**
 * The detector does not recognise faces that fill more than this share of its input: it finds pieces of them, or
 * nothing. So where it finds such a face, or none that the mesh network recognises, it gets the photo from further
 * away.
 */
const LARGE = 0.5
/** How much further: the side of its input, in longer sides of the photo. */
const FURTHER = 1.6

/**
 * Neither network reports that a face is upside down: the detector takes the mouth for the eyes, and the mesh network
 * marks such a face with a presence of 0.99. But they seldom agree on where. So a face is accepted as found only where
 * it is {@link isPlain}; otherwise the photo is turned, and what they agree on best is kept. `bench/turned.js` measures
 * this.
 */
const PLAIN = {
  /** Least score. */
  score: 0.8,
  /** Greatest distance between the two networks' eyes and mouth: see {@link Sighting.apart}. */
  apart: 0.03,
  /** Greatest turn, in degrees: a face on its side is marked less well. */
  tilt: 50,
}
/** The greatest distance between the two networks' eyes and mouth in an upright face that is not plain. */
const UP = 0.04
/** What a presence of 0 counts for, as a distance between the two networks' eyes and mouth. */
const UNSURE = 1
/**
 * What a view of the turned photo counts for in addition, unless the face there is certain: most photos are the right way
 * up. Chosen with the number above, from photos turned each way: with 0.05 and 0, 16 of 2021 upright photos were taken for
 * turned ones, and more turned ones were aligned wrongly too. `bench/turned.js` counts both.
 */
const TURNED = 0.0125

/** A face as found in the photo turned one way. */
interface Sighting {
  readonly face: FoundFace
  readonly quarters: Quarters
  /** The mean distance of the detector's eyes and mouth from the mesh's, in longer sides of the box. */
  readonly apart: number
  /** How many degrees it is turned there, in either direction. */
  readonly tilt: number
}

/** Load the networks that find faces. */
export async function loadFaceFinder(engine: Engine, models: FaceModels): Promise<FaceFinder> {
  const detector = await engine.load(models.detector)
  const mesh = await engine.load(models.mesh)
  const [photoInput] = detector.inputs
  const [faceInput] = mesh.inputs

  async function look(
    photo: Image,
    reach: number,
    quarters: Quarters,
    { signal }: Pick<Watch, 'signal'>,
  ): Promise<Sighting[]> {
    signal?.throwIfAborted()
    const { input, map } = detectorInput(photo, reach, quarters)
    const found = detections(await detector.run({ [photoInput!.name]: input }), map)
    if (found.length === 0) return []
    signal?.throwIfAborted()
    const squares = found.map(meshSquare)
    const marked = meshes(await mesh.run({ [faceInput!.name]: meshInput(photo, squares) }), squares)
    return found.map((detection, k) => sighting(detection, marked[k]!, quarters))
  }

  /** The faces in the photo turned one way, from as far away as they need. */
  async function sight(photo: Image, quarters: Quarters, watch: Pick<Watch, 'signal'>): Promise<Sighting[]> {
    const near = await look(photo, 1, quarters, watch)
    const large = LARGE * Math.max(photo.width, photo.height)
    const tooNear =
      !near.some(({ face }) => isMarked(face)) || near.some(({ face }) => face.box.width > large)
    return tooNear ? look(photo, FURTHER, quarters, watch) : near
  }

  return {
    async find(photo, watch = {}) {
      const upright = await sight(photo, 0, watch)
      // A photo is turned as a whole: one face that is plainly upright speaks for the others.
      if (upright.some(isPlain)) return upright.map(({ face }) => face)
      const seen = [...upright, ...(await sight(photo, 2, watch))]
      let kept = best(seen)
      // A face that is upright in neither lies on its side.
      if (kept.length === 0 || !kept.every(isUp)) {
        for (const quarters of [1, 3] as const) seen.push(...(await sight(photo, quarters, watch)))
        kept = best(seen)
      }
      return kept.map(({ face }) => face).sort((a, b) => b.score - a.score)
    },
    async release() {
      await detector.release()
      await mesh.release()
    },
  }
}

function sighting(
  { box, score, ...seen }: Detection,
  marked: Pick<FoundFace, 'mesh' | 'presence'>,
  quarters: Quarters,
): Sighting {
  const features = featuresOf(landmarks49(marked.mesh))
  const names = ['rightEye', 'leftEye', 'mouth'] as const
  const off = names.map((name) =>
    Math.hypot(seen[name].x - features[name].x, seen[name].y - features[name].y),
  )
  const apart = off.reduce((sum, each) => sum + each, 0) / off.length / Math.max(box.width, box.height)
  const roll = (rollOf(features) + 90 * quarters + 540) % 360
  return { face: { box, score, ...marked }, quarters, apart, tilt: Math.abs(roll - 180) }
}

/** Whether a face certainly lies where it was found, and that way up. */
function isPlain(one: Sighting): boolean {
  return isSure(one) && one.tilt <= PLAIN.tilt
}

/** Whether the photo was the right way up for a face, so that no other way would show it better. */
function isUp({ face, apart, tilt }: Sighting): boolean {
  return isMarked(face) && apart <= UP && tilt <= PLAIN.tilt
}

/**
 * For each face seen in the photo turned several ways, the sighting that the two networks agree on best. One seen only
 * in the turned photo counts only where it is certainly a face.
 */
function best(seen: readonly Sighting[]): Sighting[] {
  const upright = seen.filter(({ quarters }) => quarters === 0)
  const kept: Sighting[] = []
  const marked = ({ face }: Sighting) => Number(isMarked(face))
  for (const one of [...seen].sort((a, b) => marked(b) - marked(a) || doubt(a) - doubt(b))) {
    // Within one photo, the detector has already told its faces apart.
    if (kept.some((other) => other.quarters !== one.quarters && touch(other.face.box, one.face.box))) continue
    const known = upright.some(({ face }) => touch(face.box, one.face.box))
    // Unrecognised ones come last: in a photo that proves to be turned, they are not faces.
    const isFace = isMarked(one.face)
      ? one.quarters === 0 || known || isSure(one)
      : one.quarters === 0 && !kept.some(({ quarters }) => quarters > 0)
    if (isFace) kept.push(one)
  }
  return kept
}

/** How doubtful a sighting is: the mesh network, too, is less sure of some faces that are upside down. */
function doubt(one: Sighting): number {
  const { face, quarters, apart } = one
  return apart + UNSURE * (1 - face.presence) + (quarters > 0 && !isSure(one) ? TURNED : 0)
}

/** Whether two boxes may be of the same face, seen in two ways: the middle of one lies in the other. */
function touch(a: Box, b: Box): boolean {
  return holds(a, middleOf(b)) || holds(b, middleOf(a))
}

function middleOf({ left, top, width, height }: Box): Point {
  return { x: left + width / 2, y: top + height / 2 }
}

function isSure({ face, apart }: Sighting): boolean {
  return isMarked(face) && face.score >= PLAIN.score && apart <= PLAIN.apart
}
