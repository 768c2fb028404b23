/**
 * Benchmarks, compared with what a user would pick instead.
 *
 *   npm run bench                       all that docs/speed.md has, one after the other
 *   npm run bench -- NAME [WORD…]       one: training, scoring, relevance, perturbation, transformers, profile, feed, faces, page, studio or queue
 *
 * PyTorch comes from Debian: apt-get install python3-torch libopenblas0-pthread. Where it is missing, only our
 * own figures are printed. Each benchmark prints medians over rounds in which the two take turns, since a
 * machine's speed drifts.
 */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ALL = [
  ['training'],
  ['scoring'],
  ['relevance'],
  ['perturbation'],
  ['perturbation', 'linear'],
  ['transformers'],
  ['profile', 'vgg16'],
  ['profile', 'caffenet'],
  ['profile', 'googlenet'],
  ['feed', '20'],
  ['faces'],
  ['faces', 'memory'],
  ['page'],
  ['studio'],
  ['queue'],
]
const [wanted, ...words] = process.argv.slice(2)
const names = new Set(ALL.map(([name]) => name))
if (wanted && !names.has(wanted)) {
  console.error(`there is no benchmark ${wanted}; choose from ${[...names].join(', ')}`)
  process.exit(2)
}
for (const [name, ...rest] of wanted ? [[wanted, ...words]] : ALL) {
  console.log(`\n## ${[name, ...rest].join(' ')}\n`)
  // A process of its own, so that neither memory nor threads carry over to the next.
  const script = fileURLToPath(new URL(`${name}.js`, import.meta.url))
  const { status } = spawnSync(process.execPath, [script, ...rest], { stdio: 'inherit' })
  if (status !== 0) process.exitCode = 1
}
