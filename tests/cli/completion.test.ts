import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()
const hasBash = existsSync('/bin/bash')
if (!hasBash) console.warn('skipped: there is no bash to complete in')

/** What bash would offer after these words, the last of which is unfinished. */
function offered(script: string, ...words: string[]): string[] {
  const lines = [
    script,
    `COMP_WORDS=(regard ${words.map((word) => `'${word}'`).join(' ')})`,
    `COMP_CWORD=${words.length}`,
    '_regard',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: for bash
    'echo "${COMPREPLY[*]}"',
  ]
  const said = execFileSync('/bin/bash', ['-c', lines.join('\n')], { encoding: 'utf8' })
  return said.trim().split(' ').filter(Boolean)
}

describe('regard completion', () => {
  it.skipIf(!hasBash)('completes commands, subcommands, flags and their values', async () => {
    await main(['completion', 'bash'])
    const script = captured.printed
    expect(offered(script, 'ex')).toEqual(['explain'])
    expect(offered(script, 'study', '')).toEqual(expect.arrayContaining(['plan', 'status']))
    expect(offered(script, 'study', '--jo')).toEqual(['--jobs'])
    expect(offered(script, 'study', 'plan', '--jo')).toEqual([])
    expect(offered(script, 'explain', '--device', '')).toEqual(['cpu', 'webgpu', 'auto'])
    // Nothing from regard: the shell offers files.
    expect(offered(script, 'explain', '')).toEqual([])
  })

  it('knows every command in every shell', async () => {
    for (const shell of ['zsh', 'fish']) {
      await main(['completion', shell])
      for (const name of ['explain', 'study', 'completion', 'networks'])
        expect(captured.printed).toContain(name)
    }
  })

  it('refuses a shell that it does not know', async () => {
    await main(['completion', 'tcsh'])
    expect(process.exitCode).toBe(2)
  })
})
