/** How often the built-in networks are right, group by group: the tables of docs/networks.md. */

import page from '../../docs/networks.md?raw'

/** A row of figures about one group of faces. */
interface GroupFigures {
  /** `age 0-2`, `gender f`. */
  readonly group: string
  readonly count: string
  /** With the 95 % interval: `1.0 [0.8, 1.2]`. */
  readonly figure: string
}

/** A table of one network on one data set. */
export interface GroupTable {
  /** `Age, in years, group by group`. */
  readonly title: string
  readonly data: string
  readonly rows: readonly GroupFigures[]
}

/** The tables of a network; empty for one that the page does not cover. */
export function groupTables(network: string): GroupTable[] {
  return page
    .split(/^### /m)
    .slice(1)
    .filter((section) => /^.*group by group/.test(section))
    .flatMap((section) => {
      const title = section.slice(0, section.indexOf('\n')).trim()
      return [...section.matchAll(/^(\S+):\n\n((?:\|.*\n)+)/gm)].flatMap(([, data, table]) => {
        const [head = [], , ...rows] = table!.trim().split('\n').map(cellsOf)
        const column = head.indexOf(`\`${network}\``)
        if (column < 0) return []
        return [
          {
            title,
            data: data!,
            rows: rows.map((row) => ({ group: row[0]!, count: row[1]!, figure: row[column]! })),
          },
        ]
      })
    })
}

function cellsOf(line: string): string[] {
  return line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim())
}
