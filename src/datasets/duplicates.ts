/**
 * The same picture twice. Data sets that were collected from the web hold many, often under two people and with two
 * ages; where one is trained on and the other tested, a network is asked what it already knows.
 *
 * Copies are found in two ways. Files that are the same byte for byte are cheap to find, and certain: folds are dealt
 * by them. Pictures that were scaled, compressed, brightened, cropped again or mirrored are found by their fingerprints
 * and compared by their detail, which takes a look at every photo.
 */

import { statSync } from 'node:fs'
import { DisjointSets } from '../base/disjointSets.ts'
import { addToGroup } from '../base/groupBy.ts'
import { hashOfFile } from '../base/hash.ts'
import { closePairs } from './closePairs.ts'
import type { Face } from './dataset.ts'
import { bitsApart, type Detail, likeness } from './fingerprint.ts'

/**
 * The faces whose photos are the same byte for byte.
 *
 * Only photos of equal length are read. One that cannot be read is ignored: it is named when the faces are prepared.
 *
 * @returns groups of two or more, as indices, in the order of their first members
 */
export function identicalPhotos(faces: readonly Face[]): number[][] {
  const sizes = faces.map((face) => statSync(face.photo, { throwIfNoEntry: false })?.size)
  const counts = new Map<number | undefined, number>()
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1)
  const groups = new Map<string, number[]>()
  for (const [index, size] of sizes.entries()) {
    if (size === undefined || counts.get(size) === 1) continue
    try {
      const digest = hashOfFile(faces[index]!.photo)
      addToGroup(groups, digest, index)
    } catch {}
  }
  return [...groups.values()].filter((group) => group.length > 1)
}

/** The two ways in which a face is compared with others. */
type View = 'whole' | 'face'

/** What is known about a face's picture, to compare it with others. */
export interface Sketch {
  /** A hash of the photo's pixels. */
  readonly content: string
  /**
   * Fingerprints of the whole photo, and of the face, aligned [r], where its place is known: see `fingerprint.ts`. The
   * first finds copies whose landmarks differ or are missing; the second, copies that were cropped or turned.
   */
  readonly prints: Readonly<Partial<Record<View, Uint32Array>>>
}

/** The detail of a face's picture, in each of the two ways. */
export type Details = Readonly<Partial<Record<View, Detail>>>

/** Two faces that show the same picture. */
export interface Repetition {
  /** The indices of the faces, the lower one first. */
  readonly faces: readonly [number, number]
  /** Whether the photos have the same pixels. */
  readonly exact: boolean
  /** Whether one is the other's mirror image. */
  readonly mirrored: boolean
  /** How alike the detail of the two is, up to 1; exact copies are 1. */
  readonly likeness: number
}

/**
 * The most bits by which the fingerprints of two pictures may differ to be compared at all, and the least likeness in
 * detail of copies. Chosen by looking at pairs of 4581 photos of All-Age-Faces and 960 of UTKFace: of aligned faces,
 * all pairs within 29 bits are copies, with a likeness of 0.92 or more; from 43 bits on, pairs are mostly portraits
 * alike in pose and light, with a likeness of up to 0.86.
 */
const NEAR = { bits: 48, likeness: 0.88 }

/**
 * Find the pictures that occur more than once.
 *
 * Not every pair of faces of one picture is listed, but enough to connect them all: exact copies first, then the
 * nearest. Two faces in one photo are not the same picture.
 *
 * @param sketches of the faces; undefined for those that cannot be used
 * @param detailsOf takes a second look at some of the faces, given by their indices in ascending order
 * @param areDifferent whether two faces were marked as different pictures, however alike
 */
export async function repetitions(
  sketches: readonly (Sketch | undefined)[],
  detailsOf: (faces: readonly number[]) => Promise<ReadonlyMap<number, Details>>,
  areDifferent: (a: number, b: number) => boolean = () => false,
): Promise<Repetition[]> {
  const groups = new DisjointSets(sketches.length)
  const found = exactCopies(sketches, areDifferent)
  for (const { faces } of found) groups.join(...faces)

  // Of exact copies, the first stands for all.
  const standing = sketches.map((sketch, k) => (groups.leaderOf(k) === k ? sketch : undefined))
  const candidates = [...alike(standing, 'whole'), ...alike(standing, 'face')]
    .filter(({ faces }) => !areDifferent(...faces))
    .sort((a, b) => a.apart - b.apart)
  const involved = new Set(candidates.flatMap(({ faces }) => faces))
  const details = await detailsOf([...involved].sort((a, b) => a - b))
  for (const { faces, mirrored, view } of candidates) {
    const [a, b] = faces.map((face) => details.get(face)?.[view])
    if (!a || !b || groups.leaderOf(faces[0]) === groups.leaderOf(faces[1])) continue
    const like = likeness(a, b, mirrored)
    if (like < NEAR.likeness) continue
    groups.join(...faces)
    found.push({ faces, exact: false, mirrored, likeness: like })
  }
  return found
}

/** Faces with the same pixels that are not two faces in one photo: each with the first one like it. */
function exactCopies(
  sketches: readonly (Sketch | undefined)[],
  areDifferent: (a: number, b: number) => boolean,
): Repetition[] {
  const found: Repetition[] = []
  const firsts = new Map<string, number[]>()
  for (const [k, sketch] of sketches.entries()) {
    if (!sketch) continue
    const known = firsts.get(sketch.content) ?? []
    const first = known.find((face) => isSameFace(sketches[face]!, sketch) && !areDifferent(face, k))
    if (first === undefined) firsts.set(sketch.content, [...known, k])
    else found.push({ faces: [first, k], exact: true, mirrored: false, likeness: 1 })
  }
  return found
}

/** Whether two sketches of the same photo may show the same face. */
function isSameFace({ prints: { face: a } }: Sketch, { prints: { face: b } }: Sketch): boolean {
  return !a || !b || bitsApart(a, b) <= NEAR.bits
}

interface Candidate {
  readonly faces: readonly [number, number]
  readonly apart: number
  readonly mirrored: boolean
  readonly view: View
}

/** Pairs that are near by their fingerprints. */
function* alike(sketches: readonly (Sketch | undefined)[], view: View): Generator<Candidate> {
  const places = new Map<string, number>()
  const firsts: number[] = []
  const prints: number[] = []
  const isCandidate = (a: number, b: number) =>
    view === 'face' || sketches[a]!.content !== sketches[b]!.content
  for (const [k, sketch] of sketches.entries()) {
    const print = sketch?.prints[view]
    if (!print) continue
    const place = places.get(print.join())
    if (place === undefined) {
      places.set(print.join(), firsts.length)
      firsts.push(k)
      prints.push(...print)
    } else if (isCandidate(firsts[place]!, k)) {
      yield { faces: [firsts[place]!, k], apart: 0, mirrored: false, view }
    }
  }
  for (const { first, second, apart, mirrored } of closePairs(Uint32Array.from(prints), NEAR.bits)) {
    const faces = [firsts[first]!, firsts[second]!] as const
    if (isCandidate(...faces)) yield { faces, apart, mirrored, view }
  }
}
