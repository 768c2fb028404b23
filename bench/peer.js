import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The first Python here that has PyTorch; undefined where none has. */
export const python = ['python3', '/usr/bin/python3'].find(
  (candidate) => spawnSync(candidate, ['-c', 'import torch'], { stdio: 'ignore' }).status === 0,
)
if (!python)
  console.log('PyTorch is not here (apt-get install python3-torch libopenblas0-pthread): no comparison')

/** Run a Python script of this folder with PyTorch; it prints numbers, one a line. */
export function runPython(script, ...args) {
  const path = fileURLToPath(new URL(script, import.meta.url))
  const result = spawnSync(python, [path, ...args.map(String)], { encoding: 'utf8' })
  if (result.status !== 0) throw new Error(result.stderr)
  return result.stdout.trim().split('\n').map(Number)
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
