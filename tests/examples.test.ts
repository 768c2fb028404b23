import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import { studyCommand } from '../src/cli/study.ts'
import { workerCommand } from '../src/cli/worker.ts'

const pathOf = (name: string) => fileURLToPath(new URL(`../examples/${name}`, import.meta.url))

/** Flags that a command lacks. */
function unknownFlags(line: string, command: ReturnType<typeof workerCommand>): string[] {
  const known = command.options.map(({ long }) => long)
  return (line.match(/--[a-z-]+/g) ?? []).filter((flag) => !known.includes(flag))
}

describe('the workers of a cluster', () => {
  it('are a shell script that Slurm can read, in which the worker replaces the shell', () => {
    execFileSync('bash', ['-n', pathOf('slurm/worker.sbatch')])
    const text = readFileSync(pathOf('slurm/worker.sbatch'), 'utf8')
    const lines = text.split('\n')
    // Slurm reads no more settings after the first command.
    const settings = lines.findLastIndex((line) => line.startsWith('#SBATCH'))
    expect(settings).toBeLessThan(lines.findIndex((line) => line !== '' && !line.startsWith('#')))
    const exec = lines.find((line) => line.startsWith('exec regard worker'))!
    expect(unknownFlags(exec, workerCommand())).toEqual([])
    const study = lines.find((line) => line.includes('`regard study PLAN --queue'))!
    expect(unknownFlags(study.split('`')[1]!, studyCommand())).toEqual([])
  })

  it('are a Kubernetes Deployment that mounts what it names, and allows time to stop', () => {
    const document = parseDocument(readFileSync(pathOf('kubernetes/worker.yaml'), 'utf8'))
    expect(document.errors).toEqual([])
    const { kind, spec } = document.toJS()
    const { spec: pod, metadata } = spec.template
    expect(kind).toBe('Deployment')
    expect(metadata.labels).toEqual(spec.selector.matchLabels)
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(60)
    const [{ command, env, volumeMounts }] = pod.containers
    expect(unknownFlags(command.join(' '), workerCommand())).toEqual([])
    expect(env.map(({ name }: { name: string }) => `$(${name})`)).toContain(command.at(-1))
    const names = (list: { name: string }[]) => list.map(({ name }) => name)
    expect(names(volumeMounts)).toEqual(names(pod.volumes))
  })
})
