/**
 * How to recognise folders of each kind, and which of their files the page may read: through the server, or from disk.
 */

import type { FolderKind } from './messages.ts'

/** A run's name, and those of a report's files: no dot at the beginning, no slash. */
const NAME = '[A-Za-z0-9][A-Za-z0-9.,_+ -]*'

interface Kind {
  /** Files that only such a folder has all of. */
  readonly signs: readonly string[]
  /** The files that the page may read, by their paths in the folder. */
  readonly readable: RegExp
}

/** The kind of a folder that a command fills with a page and its figures. */
const paged = (name: string): Kind => ({
  signs: [`${name}.json`, 'index.html'],
  readable: new RegExp(`^(${name}\\.json|index\\.html)$`),
})

export const KINDS: Readonly<Record<FolderKind, Kind>> = {
  study: {
    signs: ['study.json'],
    readable: new RegExp(
      [
        '^study\\.json$',
        `^runs/${NAME}/(result\\.json|predictions\\.csv|profile\\.json|model\\.onnx|model\\.card\\.yaml|model\\.mean\\.npy)$`,
        `^report/(index\\.html|figures/${NAME}\\.svg|tables/${NAME}\\.(csv|tex))$`,
      ].join('|'),
    ),
  },
  atlas: { signs: ['atlas.json'], readable: /^(atlas\.json|atlas\.csv)$/ },
  check: { signs: ['findings.json'], readable: /^(findings\.json|marks\.csv)$/ },
  compare: paged('compare'),
  profile: paged('profile'),
  measure: paged('measure'),
}

/**
 * What a folder can show.
 * @param has whether it has a file
 */
export function kindsOf(has: (path: string) => boolean): FolderKind[] {
  return (Object.keys(KINDS) as FolderKind[]).filter((kind) => KINDS[kind].signs.every(has))
}
