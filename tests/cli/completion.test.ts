import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

/** What asks each shell what it would offer after these words, the last of which is unfinished. */
const ASK: Readonly<Record<string, (script: string, words: readonly string[]) => string>> = {
  bash: (script, words) => `${script}\n${asked(words)}`,
  // As `bashcompinit` calls it.
  zsh: (script, words) => `${script}\nsetopt KSH_ARRAYS\n${asked(words)}`,
  fish: (script, words) =>
    `${script}\ncomplete -C 'regard ${words.join(' ')}' | string split -f1 \\t; or true`,
}

function asked(words: readonly string[]): string {
  const quoted = ['regard', ...words].map((word) => `'${word}'`)
  return `COMP_WORDS=(${quoted.join(' ')})\nCOMP_CWORD=${words.length}\n_regard\necho "\${COMPREPLY[*]}"`
}

const home = mkdtempSync(join(tmpdir(), 'regard-completion-'))

describe.each(Object.keys(ASK))('regard completion for %s', (shell) => {
  const isHere = spawnSync(shell, ['--version']).status === 0
  if (!isHere) console.warn(`skipped: there is no ${shell} to complete in`)

  it.skipIf(!isHere)('completes commands, subcommands, flags and their values', async () => {
    await main(['completion', shell])
    const script = captured.printed
    const offered = (...words: string[]) =>
      execFileSync(shell, ['-c', ASK[shell]!(script, words)], {
        encoding: 'utf8',
        env: { ...process.env, HOME: home },
        // Without files that could be offered too.
        cwd: home,
      })
        .split(/\s+/)
        .filter(Boolean)
        // Of what it is offered, zsh itself keeps what begins as the word does.
        .filter((word) => shell !== 'zsh' || word.startsWith(words.at(-1)!))
    expect(offered('ex')).toEqual(['explain'])
    expect(offered('study', '')).toEqual(expect.arrayContaining(['plan', 'status']))
    expect(offered('study', '--jo')).toEqual(['--jobs'])
    expect(offered('study', 'plan', '--jo')).toEqual([])
    expect(offered('explain', '--device', '').sort()).toEqual(['auto', 'cpu', 'webgpu'])
    // Nothing from regard: the shell offers files.
    expect(offered('explain', '')).not.toContain('study')
  })
})

describe('regard completion', () => {
  it('refuses a shell that it does not know', async () => {
    await main(['completion', 'tcsh'])
    expect(process.exitCode).toBe(2)
  })
})
