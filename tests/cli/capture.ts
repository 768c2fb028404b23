import { afterEach, beforeEach, vi } from 'vitest'

/** What a command prints during a test. */
export interface Captured {
  printed: string
}

/** For every test of the file: capture what is printed, and reset the exit code. */
export function capturePrinted(): Captured {
  const captured = { printed: '' }
  beforeEach(() => {
    process.exitCode = 0
    captured.printed = ''
    const write = (text: unknown) => {
      captured.printed += text
      return true
    }
    const line = (text: unknown) => write(`${text}\n`)
    vi.spyOn(process.stdout, 'write').mockImplementation(write)
    vi.spyOn(process.stderr, 'write').mockImplementation(write)
    vi.spyOn(console, 'error').mockImplementation(line)
    vi.spyOn(console, 'log').mockImplementation(line)
  })
  afterEach(() => {
    vi.restoreAllMocks()
    process.exitCode = 0
  })
  return captured
}
