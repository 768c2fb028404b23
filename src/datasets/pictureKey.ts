/**
 * What an aligned picture is made from, and the keys that follow from it: a picture is found by them, so that it is made
 * again only if something that it depends on has changed.
 */

import sharp from 'sharp'
import { readText } from '../base/files.ts'
import { sha256Of } from '../base/hash.ts'
import type { Cut } from '../faces/cut.ts'
import { readPhotoFile } from '../pictures/node.ts'
import type { Face } from './dataset.ts'

/** Raise it whenever the same photo, landmarks and models give another picture. */
const VERSION = 4

/** Raise it whenever the same picture and mask, or mesh, give other parts. */
const PARTS_VERSION = 1

/** How a face is aligned. */
export interface Recipe {
  readonly as: Cut
  /** The side of the picture, in pixels. */
  readonly size: number
  /** Whether the parts of the face are asked for. */
  readonly parts: boolean
}

/** What a picture is made from. */
export interface Source {
  /** Where its alignment comes from. */
  readonly from: 'published' | 'landmarks' | 'found'
  /** The photo or published picture. */
  readonly path: string
  readonly bytes: Uint8Array
  /** The text of the landmarks' file. */
  readonly landmarks?: string
}

export interface PictureKeys {
  /**
   * The SHA-256 of all that the picture depends on: the photo, the landmarks or the models that find them, the alignment,
   * the size, the version of the code and of the image library; in hexadecimal.
   */
  readonly key: string
  /**
   * Where parts are asked for, the same for all that they depend on: the picture, the true parts or the models that
   * find the face, and the version of the code.
   */
  readonly partsKey?: string
}

/**
 * Read what a face's picture is made from.
 *
 * @throws UserError when the photo or the landmarks cannot be read
 */
export async function sourceOf({ photo, published, landmarks }: Face, as: Cut): Promise<Source> {
  const picture = typeof as === 'string' ? published?.[as] : undefined
  const path = picture ?? photo
  if (picture !== undefined || landmarks === undefined) {
    return { from: picture === undefined ? 'found' : 'published', path, bytes: await readPhotoFile(path) }
  }
  const text = readText(landmarks, { what: 'the landmarks' })
  return { from: 'landmarks', path, bytes: await readPhotoFile(path), landmarks: text }
}

/**
 * The keys of a face's picture.
 *
 * @param source as {@link sourceOf} gives it
 * @throws UserError when the mask of the face's true parts cannot be read
 */
export async function pictureKeys(
  face: Face,
  { from, bytes, landmarks = '' }: Source,
  { as, size, parts }: Recipe,
): Promise<PictureKeys> {
  const looked = from === 'found' || typeof as !== 'string'
  const recipe = JSON.stringify([VERSION, sharp.versions, as, size])
  // Made of hashes, which all have the same length, so that what is hashed is unambiguous.
  const all = [recipe, from, bytes, landmarks, looked ? await modelsDigest() : '']
  const key = sha256Of(...all.map((part) => Buffer.from(sha256Of(part), 'hex')))
  if (!parts) return { key }
  // The parts of a published picture follow from the face that is found in it, otherwise from what it is made from.
  const truth = face.mask === undefined ? '' : sha256Of(await readPhotoFile(face.mask))
  const models = from === 'published' ? await modelsDigest() : ''
  return { key, partsKey: sha256Of(JSON.stringify([PARTS_VERSION, key, truth, models])) }
}

async function modelsDigest(): Promise<string> {
  models ??= (await import('../faces/node.ts')).digestModels()
  return models
}

let models: string | undefined
