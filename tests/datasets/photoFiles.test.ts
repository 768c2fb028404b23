import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { leftInWords, photoFiles } from '../../src/datasets/photoFiles.ts'
import { readsHeic } from '../../src/pictures/heic.ts'

/** A folder with these files in it, all of them empty. */
function folderOf(...names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'regard-photos-'))
  for (const name of names) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), '')
  }
  return folder
}

const named = (...paths: string[]) => photoFiles(paths, 'out').photos.map(({ name }) => name)

it('a folder means all pictures below it', () => {
  const folder = folderOf('b.JPG', 'a.jpeg', 'notes.txt', 'in/c.png', 'in/deep/d.webp', '.hidden.jpg')
  expect(named(folder)).toEqual(['a', 'b', join('in', 'c'), join('in', 'deep', 'd')])
})

it('a photo without an extension is recognised by its content, and other files are counted by extension', () => {
  const folder = folderOf('a.png', 'b.jp2', 'in/c.JP2', 'notes.txt', 'plain', 'png', 'bmp')
  writeFileSync(join(folder, 'bmp'), Uint8Array.of(0x42, 0x4d, 0x36, 0, 0, 0, 0, 0, 0, 0, 0x36, 0))
  writeFileSync(join(folder, 'jpeg'), Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))
  writeFileSync(join(folder, 'png'), Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a))
  const { photos, left } = photoFiles([folder])
  expect(photos.map(({ name }) => name)).toEqual(['a', 'bmp', 'jpeg', 'png'])
  expect(left).toEqual(
    new Map([
      ['.jp2', 2],
      ['.txt', 1],
      ['', 1],
    ]),
  )
  expect(leftInWords(left)).toBe('2 .jp2, 1 .txt, 1 without an ending. Save pictures as JPEG or PNG')
})

it('a file is a photo whatever its name, and whether or not it exists', () => {
  const folder = folderOf('notes.txt')
  expect(named(join(folder, 'notes.txt'), join(folder, 'absent.jpg'))).toEqual(['notes.txt', 'absent'])
})

it('no two photos share a name, whatever their capitals or Unicode composition', () => {
  const [a, b] = [folderOf('x.jpg', 'x-2.jpg'), folderOf('X.png', 'Zo\u00eb.jpg')]
  const c = folderOf('Zoe\u0308.png')
  expect(named(a, b, c, join(a, 'x.jpg'))).toEqual(['x-2', 'x', 'X-3', 'Zo\u00eb', 'Zoe\u0308-2', 'x-4'])
})

it('a long name in any script leaves room for an extension', () => {
  const long = `${'像'.repeat(80)}.jpg`
  const names = named(folderOf(long), folderOf(long))
  expect(new Set(names).size).toBe(2)
  for (const name of names) expect(Buffer.byteLength(name)).toBeLessThan(210)
})

it('a folder without pictures is named, even if it is named like a picture', () => {
  const folder = folderOf('empty.jpg/notes.txt')
  expect(photoFiles([join(folder, 'empty.jpg')], 'out')).toEqual({
    photos: [],
    skipped: [{ face: join(folder, 'empty.jpg'), reason: 'holds no photos that regard reads, but 1 .txt' }],
    left: new Map(),
  })
})

it('iPhone photos are read if their decoder is installed, and otherwise counted, with what to do', () => {
  const folder = folderOf('a.jpg', 'b.HEIC', 'c.heif', 'd.mov')
  const { photos, left } = photoFiles([folder])
  if (readsHeic()) expect(photos).toHaveLength(3)
  else {
    expect(leftInWords(left)).toBe(
      '1 .heic, 1 .heif, 1 .mov. For HEIC: run `npm install heic-decode` beside regard, or save them as JPEG. ' +
        'Save frames of videos as pictures',
    )
  }
})

it('files that systems leave behind are neither photos nor counted', () => {
  const folder = folderOf('a.jpg', '__MACOSX/._a.jpg', 'Thumbs.db', 'desktop.ini', '@eaDir/a.jpg')
  const { photos, left } = photoFiles([folder])
  expect(photos.map(({ name }) => name)).toEqual(['a'])
  expect(left.size).toBe(0)
})

it('the results folder is skipped, and a link that leads back up is not followed again', () => {
  const folder = folderOf('a.jpg', 'aligned/a.png')
  symlinkSync(folder, join(folder, 'again'))
  expect(photoFiles([folder], join(folder, 'aligned')).photos.map(({ name }) => name)).toEqual(['a'])
})

it('if nothing is to be skipped, the current folder counts too', () => {
  const before = process.cwd()
  process.chdir(folderOf('a.jpg'))
  try {
    expect(photoFiles(['.']).photos.map(({ name }) => name)).toEqual(['a'])
  } finally {
    process.chdir(before)
  }
})

it('a folder that cannot be listed is named, and the others are read', () => {
  const [folder, other] = [folderOf('a.jpg'), folderOf('b.jpg')]
  // A link to itself.
  symlinkSync(join(folder, 'loop'), join(folder, 'loop'))
  const { photos, skipped } = photoFiles([folder, other], 'out')
  expect(photos.map(({ name }) => name)).toEqual(['b'])
  expect(named(join(folder, 'loop'))).toEqual(['loop'])
  expect(skipped).toMatchObject([{ face: folder, reason: expect.stringContaining('cannot be read') }])
})
