import { spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { main } from '../../src/cli/main.ts'
import { capturePrinted } from './capture.ts'

const captured = capturePrinted()

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('regard doctor', () => {
  it('checks the runtime, photos, the built-in network, the cache and the disk', async () => {
    await main(['doctor'])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toMatch(/ONNX Runtime runs natively and computes exactly, with \d+ threads/)
    expect(captured.printed).toContain('✓ Photos are read and written')
    expect(captured.printed).toContain('Everything that regard needs is here.')
  })

  it('prints nothing of what a GPU driver prints', () => {
    const { stderr, stdout } = spawnSync(process.execPath, ['bin/regard.js', 'doctor'], { encoding: 'utf8' })
    expect(stdout).toMatch(/Everything runs on the CPU: |WebGPU found a GPU/)
    expect(stderr).toBe('')
  })

  it('says what to do if nothing can be stored', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'regard-doctor-')), 'file')
    writeFileSync(file, '')
    vi.stubEnv('REGARD_CACHE', join(file, 'cache'))
    await main(['doctor'])
    expect(process.exitCode).toBe(0)
    expect(captured.printed).toContain('- Downloads cannot be kept')
    expect(captured.printed).toContain('Set REGARD_CACHE')
  })
})
