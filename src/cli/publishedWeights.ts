import { join } from 'node:path'
import { Command } from 'commander'
import { cacheFolder } from '../base/cache.ts'
import { UsageError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { type PublishedWeights, zoo } from '../networks/zoo.ts'
import { cachedBytes, cachedPath, fetchWeights, megabytes } from '../study/weightsCache.ts'
import { inColumns } from './table.ts'

/** `regard weights [NAME…]` */
export function weightsCommand(): Command {
  return new Command('weights')
    .description(
      'List the published weights that a plan can start from, or download some. A study downloads what it needs by itself.',
    )
    .argument('[names...]', 'which weights to download; without a name, all are listed')
    .addHelpText(
      'after',
      '\nExamples:\n  $ regard weights\n  $ regard weights googlenet-imagenet\n\n' +
        'Weights are kept in $REGARD_CACHE/weights (by default ~/.cache/regard/weights). An interrupted download\n' +
        'is resumed, and a file that you put there yourself is checked and used.',
    )
    .action(weights)
}

async function weights(names: string[]): Promise<void> {
  const chosen = names.map(weightsCalled)
  if (chosen.length === 0) list()
  for (const one of chosen) {
    console.log(await fetchWeights(one))
    console.log(`  ${one.citation}\n  ${one.licence}`)
  }
}

function weightsCalled(name: string): PublishedWeights {
  const found = zoo.find((one) => one.name === name)
  if (found) return found
  const known = zoo.map((one) => one.name)
  const near = nearest(name, known)
  throw new UsageError(
    `there are no published weights called '${name}'`,
    undefined,
    near ? `Did you mean ${near}?` : `There are ${known.join(', ')}`,
  )
}

function list(): void {
  const rows = zoo.map((one) => {
    const have = cachedBytes(one)
    const state = have === 'all' ? cachedPath(one) : have > 0 ? `${megabytes(have)} of it` : 'not downloaded'
    const checked = one.sha1 ? 'SHA-1' : 'nothing published'
    return [one.name, one.network, one.kind, one.bytes ? megabytes(one.bytes) : '?', checked, state]
  })
  const head = ['name', 'network', 'trained on', 'size', 'checked by', 'on this machine']
  console.log(inColumns([head, ...rows]).join('\n'))
  console.log(`\nKept in ${join(cacheFolder(), 'weights')}. From:`)
  for (const { name, url, licence } of zoo) console.log(`  ${name}: ${url}\n    ${licence}`)
}
