import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

describe('regard', () => {
  it('prints its version', async () => {
    await main(['--version'])
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(captured.printed).toBe(`${version}\n`)
    expect(process.exitCode).toBe(0)
  })

  it.each([
    [],
    ['study'],
    ['study', 'plan'],
    ['report'],
    ['train'],
    ['dataset', 'synthesize'],
    ['dataset', 'info'],
    ['explain'],
    ['evaluate'],
    ['convert'],
    ['graft'],
  ])('shows an example in the help of: %s %s', async (...command) => {
    await main([...command.filter(Boolean), '--help'])
    expect(captured.printed).toMatch(/Examples?:\n\s+(\$ )?regard/)
    expect(process.exitCode).toBe(0)
  })

  it.each([
    ['an unknown command', ['studdy', 'plan.yaml'], /unknown command 'studdy'/],
    [
      'an unknown command of a command that takes a file too',
      ['study', 'statsu', 'out'],
      /there is no command 'study statsu'\. Did you mean regard study status\?/,
    ],
    [
      'help of an unknown command',
      ['studdy', '--help'],
      /unknown command 'studdy'\n\(Did you mean study\?\)/,
    ],
    ['a missing argument', ['study'], /missing required argument 'plan'/],
    ['an unknown option', ['study', 'plan.yaml', '--oot', 'x'], /unknown option '--oot'/],
    ['an option that makes no sense', ['dataset', 'synthesize', 'x', '--count', 'many'], /--count/],
  ])('reports %s as wrong use', async (_, args, message) => {
    await main(args)
    expect(captured.printed).toMatch(message)
    expect(process.exitCode).toBe(2)
  })

  it('fails with one line, without a stack trace, if the user can do something about it', async () => {
    await main(['study', 'nowhere.yaml'])
    expect(captured.printed).toBe(
      'regard: nowhere.yaml: there is no such plan file. examples/ has plans to start from, and docs/plan.md explains them\n',
    )
    expect(process.exitCode).toBe(1)
  })
})
