/**
 * The folder that the studio shows studies, and what was found about them, from, and which of its files the page may
 * read. Nothing outside it is ever read for the page, neither by `..` nor by links, except the photos that a data set
 * lists.
 */

import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { UserError } from '../base/errors.ts'
import { files } from '../study/record.ts'
import { KINDS, kindsOf } from './kinds.ts'
import type { FolderKind, ShownFolder } from './messages.ts'

/** How many levels below the folder are searched. */
const DEPTH = 2

/** Milliseconds after which another change to a folder is sure to give it a new time. */
const SETTLED = 2000

export class Folders {
  /** The folder that it looks in, without links. */
  readonly root: string
  /** The contents of folders, cached by their times: some hold very many files. */
  private readonly known = new Map<string, { readonly time: number; readonly below: readonly string[] }>()

  /**
   * @param dir the folder of studies, or of one
   * @throws UserError where there is no such folder
   */
  constructor(dir: string) {
    if (!existsSync(dir) || !statSync(dir).isDirectory())
      throw new UserError('is not a folder', dir, 'Give the folder that studies were written to, such as out')
    this.root = realpathSync(dir)
  }

  /** All folders with something to show, by name; searched again each time, so that new ones are found. */
  all(): Map<string, ShownFolder & { readonly path: string }> {
    const found = new Map<string, ShownFolder & { readonly path: string }>()
    for (const path of this.foldersIn(this.root, DEPTH)) {
      const kinds = kindsOf((sign) => this.within(path, sign) !== undefined)
      if (kinds.length === 0) continue
      const below = relative(this.root, path).split(sep).join('/')
      const own = basename(this.root)
      const name = below === '' ? own : found.has(below) ? `${own}/${below}` : below
      found.set(name, { name, kinds, path })
    }
    return found
  }

  /** The path of a folder that shows something of a kind. */
  path(name: string, kind: FolderKind): string | undefined {
    const folder = this.all().get(name)
    return folder?.kinds.includes(kind) ? folder.path : undefined
  }

  /**
   * The path of a file that the page may read.
   *
   * @param path in its folder, with slashes
   */
  file(name: string, path: string): string | undefined {
    const folder = this.all().get(name)
    if (!folder?.kinds.some((kind) => KINDS[kind].readable.test(path))) return undefined
    return this.within(folder.path, path)
  }

  /** A file or folder that exists and, after following links, does not lie outside. */
  within(folder: string, path: string): string | undefined {
    try {
      const real = realpathSync(join(folder, path))
      const way = relative(this.root, real)
      return way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way) ? undefined : real
    } catch {
      return undefined
    }
  }

  /** The names of a report's files of one kind, in order. */
  reportFiles(path: string, kind: 'figures' | 'tables'): string[] {
    const folder = this.within(path, `report/${kind}`)
    if (!folder) return []
    return readdirSync(folder)
      .filter((name) => KINDS.study.readable.test(`report/${kind}/${name}`))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  }

  hasReport(path: string): boolean {
    return this.within(path, relative(path, files.report(path))) !== undefined
  }

  /** A folder and those below it. */
  private foldersIn(path: string, depth: number): string[] {
    if (depth === 0) return [path]
    return [path, ...this.below(path).flatMap((name) => this.foldersIn(join(path, name), depth - 1))]
  }

  /**
   * The folders in a folder, in order; links are not followed, and hidden folders and those of programs are left out.
   */
  private below(path: string): readonly string[] {
    try {
      const time = statSync(path).mtimeMs
      const known = this.known.get(path)
      if (known?.time === time) return known.below
      const below = readdirSync(path, { withFileTypes: true })
        .filter(
          (entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules',
        )
        .map(({ name }) => name)
        .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      if (Date.now() - time > SETTLED) this.known.set(path, { time, below })
      return below
    } catch {
      // It cannot be read, or is gone: there is nothing to show.
      return []
    }
  }
}

/** The default folder. */
export function usualFolder(): string {
  return existsSync('out') ? resolve('out') : resolve('.')
}
