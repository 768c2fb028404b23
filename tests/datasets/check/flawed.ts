import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { synthesize } from '../../../src/datasets/synthetic/synthesize.ts'

/**
 * A table of drawn faces with one flaw of each kind:
 *
 * - `copy`, in fold 1: a smaller, compressed copy of `a`, in fold 0, of another person with another age and gender
 * - `mirror`, in fold 0: a mirror image of `b`, in fold 0, of another person
 * - `again`, in fold 1: the same file as `c`, in fold 1, of the same person
 * - `d` and `e`: the same person in two folds
 * - `cut`: a truncated file; `text`: a file that is not a picture
 * - `tiny`: a photo of few pixels
 * - `<b>"&'`: a name that must not become markup
 *
 * @returns the path of the table
 */
export async function flawedTable(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'regard-flawed-'))
  await synthesize(join(folder, 'drawn'), { count: 8, seed: 'flawed' })
  const drawn = readdirSync(join(folder, 'drawn/truth/photos'))
  const photo = (k: number) => join(folder, 'drawn/truth/photos', drawn[k]!)
  const marks = (k: number) => `drawn/truth/landmarks/${drawn[k]!.replace('.jpg', '.txt')}`
  mkdirSync(join(folder, 'p'))
  const rows: string[] = ['path,age,gender,subject,landmarks,fold']
  const add = (name: string, file: Uint8Array, rest: string) => {
    writeFileSync(join(folder, 'p', name), file)
    rows.push(`"p/${name.replaceAll('"', '""')}",${rest}`)
  }
  const bytes = (k: number) => readFileSync(photo(k))
  add('a.jpg', bytes(0), `5,m,anna,${marks(0)},0`)
  add('copy.jpg', await sharp(bytes(0)).resize(200).jpeg({ quality: 50 }).toBuffer(), '50,f,bob,,1')
  add('b.jpg', bytes(1), '10,m,carl,,0')
  add('mirror.png', await sharp(bytes(1)).flop().png().toBuffer(), '10,m,dora,,0')
  add('c.jpg', bytes(2), '1,f,eve,,1')
  add('again.jpg', bytes(2), '1,f,eve,,1')
  add('d.jpg', bytes(3), '17,f,finn,,0')
  add('e.jpg', bytes(4), '17,f,finn,,1')
  add('cut.jpg', bytes(5).subarray(0, 2000), '30,m,gil,,0')
  add('text.jpg', Buffer.from('not a picture'), '30,m,hal,,1')
  add('tiny.png', await sharp(bytes(6)).resize(40).png().toBuffer(), '40,m,ida,,0')
  add(`<b>"&'.jpg`, bytes(7), '101,m,<i>jo</i>,,1')
  const table = join(folder, 'faces.csv')
  writeFileSync(table, rows.join('\n'))
  return table
}
