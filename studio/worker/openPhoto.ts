/** The photo that is open, with what was painted on it. */

import {
  type Cut,
  cutFound,
  FACE_PARTS,
  type Image,
  type Model,
  partsInCut,
  requirePreprocessing,
  UserError,
} from 'regard'
import { FIELDS, fieldsOf } from './fields.ts'
import { painted } from './paint.ts'
import type { LookRequest, Stroke } from './protocol.ts'

export class OpenPhoto {
  private photo: Image | undefined
  private number = 0
  private edited: { readonly strokes: readonly Stroke[]; readonly photo: Image } | undefined

  /**
   * Open a photo, unless a later one is open.
   *
   * @param number larger for a later one
   */
  open(photo: Image, number: number): void {
    if (number < this.number) return
    this.photo = photo
    this.number = number
    this.edited = undefined
  }

  /** @throws UserError while no photo is open */
  with(strokes: readonly Stroke[]): Image {
    const { photo } = this
    if (!photo) throw new UserError('no photo is open')
    if (strokes.length === 0) return photo
    // Earlier strokes are not painted again.
    const { edited } = this
    const isBegun = edited?.strokes.every(
      (stroke, k) => JSON.stringify(stroke) === JSON.stringify(strokes[k]),
    )
    if (!edited || !isBegun) this.edited = { strokes, photo: painted(photo, strokes) }
    else if (edited.strokes.length < strokes.length)
      this.edited = { strokes, photo: painted(edited.photo, strokes.slice(edited.strokes.length)) }
    return this.edited!.photo
  }

  /**
   * What a network sees of it: the picture, the map from there to the photo, and the parts.
   *
   * @throws UserError while no photo is open
   */
  shownTo(model: Model, { face, align, strokes }: Pick<LookRequest, 'face' | 'align' | 'strokes'>) {
    const photo = this.with(strokes)
    const { picture } = requirePreprocessing(model)
    // A network whose card does not mention faces gets whole photos.
    const as: Cut | undefined = align === 'own' ? model.card.alignment : align
    if (!face || !as) {
      return { picture: photo, toPhoto: undefined, labels: { ...fieldsOf(picture), parts: FIELDS } }
    }
    const cut = cutFound(photo, face, as, picture.height)
    const labels = partsInCut(face.mesh, cut.map, picture.height)
    return { picture: cut.picture, toPhoto: cut.map, labels: { ...labels, parts: FACE_PARTS } }
  }
}
